import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandContext } from '../../cli/command';
import { beginFromNothing, isFirstStart } from '../../cli/first-start';
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
      planJson: () => work(`read ${name}`),
      apply: ({ onOutput }: ApplyOptions) => work(`apply ${name}`, onOutput),
    };
  });
  const there: Record<string, string[]> = {};
  const engine = { names: async (kind: string) => there[kind] ?? [] };
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
  const OTHERS = ['node-1', 'node-2', 'load-balancer'];

  test('the foundation is planned and begun alone; the layers after it are planned and read before it has ended', async () => {
    const { context, said } = nothing();
    const others = await beginFromNothing(context);
    expect(others.map(({ stack }) => stack.name)).toEqual(OTHERS.map((name) => `bank-${name}`));
    expect(said.slice(0, 6)).toEqual([
      'plan foundation',
      'plan foundation done',
      'apply foundation',
      ...OTHERS.map((name) => `plan ${name}`),
    ]);
    expect(said.indexOf('apply foundation done')).toBeGreaterThan(said.indexOf('plan node-1'));
    for (const name of OTHERS) expect(said).toContain(`read ${name} done`);
  });

  test('a plan that is refused ends the command when the foundation is whole', async () => {
    const { context, said } = nothing(TOML, ['plan node-2']);
    await expect(beginFromNothing(context)).rejects.toThrow(new UserError('cannot plan node-2'));
    expect(said).toContain('apply foundation done');
    expect(said).toContain('read node-1 done');
  });

  test('a foundation that fails is said when the plans have ended', async () => {
    const { context, said } = nothing(TOML, ['apply foundation']);
    await expect(beginFromNothing(context)).rejects.toThrow(new UserError('cannot apply foundation'));
    for (const name of OTHERS) expect(said).toContain(`read ${name} done`);
  });

  test('providers that the lock does not allow are refused before anything is planned, those of a later layer too', async () => {
    const { context, said } = nothing(TOML, ['init load-balancer']);
    await expect(beginFromNothing(context)).rejects.toThrow('cannot init load-balancer');
    expect(said).toEqual([]);
  });

  test('what of the foundation cannot be planned changes nothing', async () => {
    const { context, said } = nothing(TOML, ['plan foundation']);
    await expect(beginFromNothing(context)).rejects.toThrow('cannot plan foundation');
    expect(said).toEqual(['plan foundation']);
  });
});
