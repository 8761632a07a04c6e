import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandContext } from '../../cli/command';
import { isFirstStart, startFromNothing } from '../../cli/first-start';
import { UserError } from '../../cli/setup/errors';
import type { ApplyOptions } from '../../cli/terraform';
import { temporaryDirectory, topology } from '../support/synth';

// An environment of which nothing is there. Engine and Terraform are stand-ins; every end-to-end test that begins with "make up" has the
// real ones.
const TOML = `identity_server = { distribution = "sandbox", nodes = 2 }
load_balancer = { hostname = "is.bank.test" }
`;

/** Ends when everything else that could go on has done so. */
const turns = () => new Promise((resolve) => setImmediate(resolve));

/** @param failing what Terraform does not get done, such as "plan node-1" */
function nothing(toml = TOML, failing: readonly string[] = []) {
  const derived = topology(toml, 'bank');
  const said: string[] = [];
  const work = async (what: string, inTheMiddle?: () => void) => {
    said.push(what);
    await turns();
    inTheMiddle?.();
    await turns();
    if (failing.includes(what)) throw new UserError(`cannot ${what}`);
    said.push(`${what} done`);
  };
  const stacks = derived.stacks.map((stack) => {
    const name = stack.name.slice('bank-'.length);
    return {
      stack,
      init: async () => {
        if (failing.includes(`init ${name}`)) throw new UserError(`cannot init ${name}`);
      },
      plan: () => work(`plan ${name}`),
      apply: ({ onOutput }: ApplyOptions) => work(`apply ${name}`, onOutput),
    };
  });
  const there: Record<string, string[]> = {};
  const engine = {
    names: async (kind: string) => there[kind] ?? [],
    containers: async () => [],
    docker: async () => '2\n',
    exec: async () => JSON.stringify({ nodes: [] }),
  };
  const context = { topology: derived, engine, stacks, variables: {} } as unknown as CommandContext;
  return { context, said, there };
}

describe('a first start', () => {
  const before = process.cwd();
  beforeEach(() => process.chdir(temporaryDirectory()));
  afterEach(() => process.chdir(before));

  function writeState(name: string, resources: readonly unknown[]): void {
    mkdirSync(join('state', 'bank'), { recursive: true });
    writeFileSync(join('state', 'bank', `${name}.tfstate`), JSON.stringify({ version: 4, resources }));
  }

  test('is one where nothing is there', async () => {
    expect(await isFirstStart(nothing().context)).toBe(true);
  });

  test('is also one after "make down", which leaves empty states', async () => {
    writeState('bank-foundation', []);
    expect(await isFirstStart(nothing().context)).toBe(true);
  });

  test.each(['container', 'volume', 'network'])(
    'is none where the engine has a %s of the environment',
    async (kind) => {
      const { context, there } = nothing();
      there[kind] = ['bank-something'];
      expect(await isFirstStart(context)).toBe(false);
    },
  );

  test.each(['bank-foundation', 'bank-node-2', 'bank-load-balancer'])(
    'is none where %s has a state: its machine may be lost',
    async (name) => {
      writeState(name, [{ type: 'docker_volume' }]);
      expect(await isFirstStart(nothing().context)).toBe(false);
    },
  );

  test('is none with a remote state, which is not asked', async () => {
    const { context } = nothing(`${TOML}state = { backend = "pg", settings = { schema_name = "terraform" } }\n`);
    expect(await isFirstStart(context)).toBe(false);
  });
});

describe('from nothing', () => {
  test('what comes next is planned while what it waits for is applied, and no earlier', async () => {
    const { context, said } = nothing();
    await startFromNothing(context);
    expect(said).toEqual([
      'plan foundation',
      'plan foundation done',
      'apply foundation',
      'plan node-1',
      'plan load-balancer',
      'apply foundation done',
      'plan node-1 done',
      'plan load-balancer done',
      'apply node-1',
      'apply load-balancer',
      'apply node-1 done',
      'apply load-balancer done',
      'plan node-2',
      'plan node-2 done',
      'apply node-2',
      'apply node-2 done',
    ]);
  });

  test('a plan that fails while the foundation is applied ends the command when the foundation is whole', async () => {
    const { context, said } = nothing(TOML, ['plan node-1']);
    await expect(startFromNothing(context)).rejects.toThrow(new UserError('cannot plan node-1'));
    expect(said).toContain('apply foundation done');
    expect(said).not.toContain('apply load-balancer');
  });

  test('a plan of later nodes that fails is said once, and leaves what serves', async () => {
    const { context, said } = nothing(TOML.replace('nodes = 2', 'nodes = 3'), ['plan node-2']);
    await expect(startFromNothing(context)).rejects.toThrow(new UserError('cannot plan node-2'));
    for (const name of ['node-1', 'load-balancer']) expect(said).toContain(`apply ${name} done`);
    for (const name of ['node-2', 'node-3']) expect(said).not.toContain(`apply ${name}`);
  });

  test.each(['foundation', 'node-1', 'load-balancer'])(
    'of %s that cannot be applied, nothing later begins',
    async (name) => {
      const { context, said } = nothing(TOML, [`apply ${name}`]);
      await expect(startFromNothing(context)).rejects.toThrow(new UserError(`cannot apply ${name}`));
      expect(said).not.toContain('apply node-2');
      expect(said.includes('apply node-1')).toBe(name !== 'foundation');
    },
  );

  test('providers that the lock does not allow are refused before anything is applied, those of a later layer too', async () => {
    const { context, said } = nothing(TOML, ['init load-balancer']);
    await expect(startFromNothing(context)).rejects.toThrow('cannot init load-balancer');
    expect(said).not.toContain('apply foundation');
  });

  test('what of the foundation cannot be planned changes nothing', async () => {
    const { context, said } = nothing(TOML, ['plan foundation']);
    await expect(startFromNothing(context)).rejects.toThrow('cannot plan foundation');
    expect(said).toEqual(['plan foundation']);
  });
});
