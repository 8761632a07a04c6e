import type { Environment } from '../environment/schema';
import { STACK_SETTINGS } from '../environment/settings/state';

/** A Terraform backend block: its type and its settings, without credentials. */
export interface StateBackend {
  readonly type: Environment['state']['backend'];
  readonly settings: Environment['state']['settings'];
}

/**
 * Where one stack's state lives. Local state lies beside the configuration and not in the generated output, so that deleting
 * build output orphans nothing; its path is relative, so that every machine generates the same.
 */
export function stateBackend({ name, state }: Environment, stack: string): StateBackend {
  const setting = STACK_SETTINGS[state.backend];
  const start = String((setting && state.settings[setting]) ?? name).replace(/\/$/, '');
  const keyed: Record<StateBackend['type'], () => StateBackend['settings']> = {
    local: () => ({ path: `../../../state/${name}/${stack}.tfstate` }),
    s3: () => ({ ...state.settings, key: `${start}/${stack}.tfstate` }),
    gcs: () => ({ ...state.settings, prefix: `${start}/${stack}` }),
    azurerm: () => ({ ...state.settings, key: `${start}/${stack}.tfstate` }),
    pg: () => ({ ...state.settings, schema_name: `${start}_${stack}`.replaceAll('-', '_') }),
    http: () => {
      const address = `${start}/${stack}`;
      return { lock_address: address, unlock_address: address, ...state.settings, address };
    },
    consul: () => ({ ...state.settings, path: `${start}/${stack}` }),
  };
  return { type: state.backend, settings: keyed[state.backend]() };
}
