import type { EnvironmentEngine } from '../../cli/environment-engine';
import { requireLifted, requireUnprotected } from '../../cli/protection';
import { PROTECTED } from '../support/protected';
import { SMALLEST, topology } from '../support/synth';

const unprotected = topology(SMALLEST, 'bank');
const isProtected = topology(`${PROTECTED}${SMALLEST}`, 'bank');

/** An engine that has these volumes of the environment. */
function engineWith(...volumes: string[]): EnvironmentEngine {
  return { names: async () => volumes } as unknown as EnvironmentEngine;
}

test('what was applied as protected stays so when the file says otherwise, and the message says how it is lifted', async () => {
  const context = { topology: unprotected, engine: engineWith('bank-keystores', 'bank-protection') };
  await expect(requireLifted(context, 'make down')).rejects.toThrow(
    /bank is protected: it was applied with protected = true.*\n.*\n {2}make plan ENVIRONMENT=bank.*\n {2}make apply ENVIRONMENT=bank PLAN=.*\n.*"make down" again/,
  );
});

test('without the mark on the engine nothing is in the way', async () => {
  await requireLifted({ topology: unprotected, engine: engineWith('bank-keystores') }, 'make down');
});

test('an environment that is protected by its file, too, is applied as always, and never destroyed', async () => {
  await requireLifted({ topology: isProtected, engine: engineWith('bank-protection') }, 'make up');
  expect(() => requireUnprotected(isProtected, 'make down')).toThrow('protected = true in its configuration');
  expect(() => requireUnprotected(unprotected, 'make down')).not.toThrow();
});
