import type { Foreseen } from '../../review/report/foreseen';
import type { Topology } from '../../topology/topology';
import { UserError } from '../setup/errors';
import { print } from '../setup/progress';

/**
 * Tells what was foreseen.
 *
 * @param command what to type when the cause is gone
 * @throws UserError with the errors among it
 */
export function refuseErrors({ environment }: Topology, found: readonly Foreseen[], command: string): void {
  for (const { severity, key, message } of found) if (severity !== 'error') print(`${severity}: ${key}: ${message}`);
  const errors = found.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  throw new UserError(
    [
      `${environment} could not come up, so nothing was changed:`,
      ...errors.map(({ key, message }) => `  config/${environment}.toml  ${key}: ${message}`),
      `Then go on: ${command} ENVIRONMENT=${environment}`,
    ].join('\n'),
  );
}
