import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planInputsDigest } from '../../cli/plan-file';
import { TerraformStackRunner } from '../../cli/terraform';
import { temporaryDirectory, topology } from '../support/synth';
import { zip } from '../support/zip';

// What Terraform says about a stack that does not change is asked for once, not in each plan.
const FILES = {
  tfplan: 'made at noon',
  tfstate: '{}',
  'tfstate-prev': '{}',
  'tfconfig/m-/cdk.tf.json': '{"resource":{}}',
};

test('origins are the same whenever the plan was made, and other ones with every other file', () => {
  const origins = planInputsDigest(zip(FILES));
  expect(origins).toMatch(/^[0-9a-f]{64}$/);
  expect(planInputsDigest(zip({ ...FILES, tfplan: 'made at one' }))).toBe(origins);
  for (const name of Object.keys(FILES).filter((file) => file !== 'tfplan')) {
    expect(planInputsDigest(zip({ ...FILES, [name]: '{"serial":2}' }))).not.toBe(origins);
  }
  expect(planInputsDigest(zip({ ...FILES, '.terraform.lock.hcl': 'provider' }))).not.toBe(origins);
});

test('the order in which Terraform writes the results of checks says nothing', () => {
  const [one, other] = ['{"config_addr":"a","status":"pass"}', '{"config_addr":"b","status":"pass"}'];
  const origins = (checks: string) =>
    planInputsDigest(zip({ ...FILES, 'tfstate-prev': `{"serial":1,"check_results":[${checks}]}` }));
  expect(origins(`${one},${other}`)).toBe(origins(`${other},${one}`));
  expect(origins(`${one},${other}`)).not.toBe(origins(`${one},${other.replace('pass', 'fail')}`));
});

test.each([
  ['an encrypted plan', Buffer.from('{"meta":{"key_provider":"…"},"encrypted_data":"…","encryption_version":"v0"}')],
  ['an archive without state', zip({ tfplan: 'x' })],
  ['nothing', Buffer.alloc(0)],
])('%s has no origins, so Terraform is asked', (_, file) => {
  expect(planInputsDigest(file)).toBeUndefined();
});

describe('a stack', () => {
  const before = process.cwd();
  afterEach(() => process.chdir(before));

  /** A stack whose Terraform ends a plan with this code, and what it was asked to do. */
  function stack(exitCode: number) {
    process.chdir(temporaryDirectory());
    const [foundation] = topology().stacks;
    if (foundation === undefined) throw new Error('there is no stack');
    const binary = join(process.cwd(), 'terraform');
    writeFileSync(
      binary,
      `#!/bin/sh
echo "$1" >>${process.cwd()}/asked
case $1 in
  plan) cp ${process.cwd()}/next tfplan; exit ${exitCode} ;;
  show) echo '{"format_version":"1.2","errored":false}' ;;
esac
`,
    );
    chmodSync(binary, 0o755);
    const runner = new TerraformStackRunner(foundation, binary, {});
    mkdirSync(join(runner.directory, '.terraform'), { recursive: true });
    const plan = async (files: Record<string, string>) => {
      writeFileSync('next', zip(files));
      await runner.plan();
      return runner.planJson();
    };
    return { runner, plan, shows: () => readFileSync('asked', 'utf8').split('show').length - 1 };
  }

  test('that does not change is shown once for the same origins', async () => {
    const { runner, plan, shows } = stack(0);
    const first = await plan(FILES);
    expect(await plan({ ...FILES, tfplan: 'made at one' })).toEqual(first);
    expect(shows()).toBe(1);
    await plan({ ...FILES, tfstate: '{"serial":2}' });
    expect(shows()).toBe(2);
    expect(existsSync(join(runner.directory, '.terraform', 'unchanged-plan.json'))).toBe(true);
  });

  test('that changes is shown each time', async () => {
    const { plan, shows } = stack(2);
    await plan(FILES);
    await plan(FILES);
    expect(shows()).toBe(2);
  });

  test('whose plan was made by another command is shown', async () => {
    const { runner, plan, shows } = stack(0);
    await plan(FILES);
    const [foundation] = topology().stacks;
    const later = new TerraformStackRunner(foundation as typeof runner.stack, join(process.cwd(), 'terraform'), {});
    await later.planJson();
    expect(shows()).toBe(2);
  });

  test('lies where no other user of the machine reads it, and so does the state', async () => {
    const { runner } = stack(0);
    const backend = { local: { path: '../../../state/bank/foundation.tfstate' } };
    writeFileSync(runner.configurationFile, JSON.stringify({ terraform: { required_providers: {}, backend } }));
    await runner.init();
    for (const folder of [runner.directory, 'state/bank']) expect(statSync(folder).mode & 0o077).toBe(0);

    // What is so already may be another user's, who alone could change it.
    const chmod = jest.spyOn(jest.requireActual<typeof import('node:fs')>('node:fs'), 'chmodSync');
    await runner.init();
    expect(chmod).not.toHaveBeenCalled();
    chmod.mockRestore();
  });
});
