import { fstatSync, readFileSync } from 'node:fs';
import { rotateAdministrator } from './administrator';
import { administratorContext } from './administrator-context';
import { atWork } from './at-work';
import { type CommandContext, openEnvironment } from './command';
import { rotateDatabasePassword } from './database-password';
import { requireKnownSecret } from './secret-values';
import { runCommand, UserError } from './setup/errors';

const ROTATIONS = {
  DATABASE_PASSWORD: rotateDatabasePassword,
  ADMIN_PASSWORD: ({ topology }: CommandContext, value: string | undefined) =>
    rotateAdministrator(administratorContext(topology), value),
};

/**
 * `make rotate-secret ENVIRONMENT=… NAME=…`: a new password in place of one that is in use, without a failed request: everywhere, or the old
 * one stays. It is generated on this machine unless standard input has one.
 */
runCommand(async () => {
  const name = process.env.NAME ?? '';
  const context = await openEnvironment();
  requireKnownSecret(name, context.topology);
  if (!isRotated(name)) {
    throw new UserError(
      `${name} cannot be rotated; allowed: ${Object.keys(ROTATIONS).join(', ')}. A certificate is renewed with "make import-secret".`,
    );
  }
  await atWork(context, 'make rotate-secret', () => ROTATIONS[name](context, givenValue()));
  console.log(
    `${name} of ${context.topology.environment} is rotated. Take a new backup: the last one has the old value.`,
  );
});

function isRotated(name: string): name is keyof typeof ROTATIONS {
  return name in ROTATIONS;
}

/** What a pipe or a file on standard input holds. */
function givenValue(): string | undefined {
  const input = fstatSync(0);
  if (!input.isFIFO() && !input.isFile() && !input.isSocket()) return undefined;
  const value = readFileSync(0, 'utf8').replace(/\r?\n$/, '');
  return value === '' ? undefined : value;
}
