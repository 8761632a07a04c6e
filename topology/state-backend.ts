import type { Environment } from '../environment/schema';

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
  const prefix = (setting: string) => String(state.settings[setting] ?? name).replace(/\/$/, '');
  const keyed: Record<StateBackend['type'], () => StateBackend['settings']> = {
    local: () => ({ path: `../../../state/${name}/${stack}.tfstate` }),
    s3: () => ({ ...state.settings, key: `${prefix('key')}/${stack}.tfstate` }),
    gcs: () => ({ ...state.settings, prefix: `${prefix('prefix')}/${stack}` }),
    azurerm: () => ({ ...state.settings, key: `${prefix('key')}/${stack}.tfstate` }),
    pg: () => ({ ...state.settings, schema_name: `${prefix('schema_name')}_${stack}`.replaceAll('-', '_') }),
    http: () => {
      const address = `${prefix('address')}/${stack}`;
      return { lock_address: address, unlock_address: address, ...state.settings, address };
    },
    consul: () => ({ ...state.settings, path: `${prefix('path')}/${stack}` }),
  };
  return { type: state.backend, settings: keyed[state.backend]() };
}
