import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { committedLock, lockEntries, type ProviderLock, registryOf } from '../../cli/lock-file';
import { CommandError, run } from '../../cli/setup/process';
import { ensureProviders } from '../../cli/setup/providers';
import { ensureTerraform, type Terraform } from '../../cli/setup/terraform';
import { TerraformStackRunner } from '../../cli/terraform';
import { synthesize } from '../../constructs/synthesize';
import { configurationDirectory, PROJECT, SMALLEST, topology } from '../support/synth';

// Real Terraform and real providers. Where no registry answers they are those that are built here, which stand in for published ones.

const SETUP_MS = 15 * 60_000;
const directory = configurationDirectory({ 'config/sandbox.toml': SMALLEST });
const lockPath = join(directory, 'config', 'terraform.lock.hcl');
const each = topology();
const [foundation, node] = each.stacks;
const cwd = process.cwd();

let terraform: Terraform;
let variables: NodeJS.ProcessEnv;
/** Variables for `make lock`: where it finds providers on this machine, and for which platform. */
let source: NodeJS.ProcessEnv;

beforeAll(async () => {
  terraform = await ensureTerraform();
  variables = await ensureProviders(terraform);
  const mirror = variables.TF_CLI_CONFIG_FILE?.replace(/\.tfrc$/, '');
  const platform = /^on (\S+)$/m.exec((await run(terraform.binary, ['version'])).stdout)?.[1];
  source = { PLATFORMS: platform, ...(mirror && { MIRROR: mirror }) };
  process.chdir(directory);
  synthesize([each], 'cdktf.out');
  await makeLock();
}, SETUP_MS);

afterAll(() => process.chdir(cwd));

function makeLock(env: NodeJS.ProcessEnv = source) {
  return run('make', ['--no-print-directory', '-f', join(PROJECT, 'Makefile'), 'lock'], { cwd: directory, env });
}

/** The committed file as if the providers had been published. */
function lock(change: (text: string) => string = (text) => text): ProviderLock {
  const text = readFileSync(lockPath, 'utf8');
  writeFileSync(lockPath, change(text));
  const found = committedLock(terraform, { TF_CLI_CONFIG_FILE: '/etc/own.tfrc' }, () => undefined);
  writeFileSync(lockPath, text);
  return found as ProviderLock;
}

function runner(stack = foundation, allowed?: ProviderLock): TerraformStackRunner {
  const made = new TerraformStackRunner(stack as (typeof each.stacks)[0], terraform.binary, variables, allowed);
  rmSync(join(made.directory, '.terraform'), { recursive: true, force: true });
  return made;
}

test('make lock writes one file for the providers of all stacks, with their checksums', () => {
  const text = readFileSync(lockPath, 'utf8');
  expect([...lockEntries(text).keys()]).toEqual(
    ['hashicorp/local', 'kreuzwerker/docker'].map((name) => `${registryOf(terraform.isOpenTofu)}/${name}`),
  );
  expect(text).toMatch(/"h1:/);
});

test('each stack gets its part of it, and Terraform accepts both', async () => {
  const file = (made: TerraformStackRunner) => readFileSync(join(made.directory, '.terraform.lock.hcl'), 'utf8');
  const one = runner(foundation, lock());
  await one.init();
  expect(lockEntries(file(one)).size).toBe(2);
  const other = runner(node, lock());
  await other.init();
  expect([...lockEntries(file(other)).keys()]).toEqual([expect.stringMatching(/kreuzwerker\/docker$/)]);
}, 60_000);

test.each<[string, (text: string) => string]>([
  ['a package with another checksum', (text) => text.replace(/"h1:..../g, '"h1:AAAA')],
  ['another version', (text) => text.replaceAll(/version( +)= "\d+\.\d+\.\d+"/g, 'version$1= "4.6.999"')],
  ['a provider that is not locked', (text) => text.replace(/^provider "[^"]*docker"[\s\S]*?^\}\n/m, '')],
])(
  '%s is refused, and says what to do',
  async (_, change) => {
    const refused = runner(node, lock(change));
    const error = await refused.init().catch((thrown) => thrown);
    expect(error.name).toBe('UserError');
    expect(error.message).toContain('config/terraform.lock.hcl does not allow the providers that were found');
    expect(error.message).toContain('"make lock"');
    expect(existsSync(join(refused.directory, '.terraform', 'initialised-for.json'))).toBe(false);
  },
  60_000,
);

test('a changed lock is looked at again', async () => {
  await runner(node, lock()).init();
  const again = new TerraformStackRunner(
    node as (typeof each.stacks)[0],
    terraform.binary,
    variables,
    lock((text) => text.replace(/"h1:..../g, '"h1:AAAA')),
  );
  await expect(again.init()).rejects.toThrow('does not allow');
}, 60_000);

test('providers that are built on this machine are not held to it, which is said', async () => {
  const said: string[] = [];
  const built = join(
    process.env.XDG_CACHE_HOME || join(process.env.HOME ?? '', '.cache'),
    'wso2-is-active-active',
    'providers',
    'any.tfrc',
  );
  expect(committedLock(terraform, { TF_CLI_CONFIG_FILE: built }, (line) => said.push(line))).toBeUndefined();
  expect(said).toEqual([expect.stringContaining('is not used: the providers were built on this machine')]);

  // What an init with published providers has left does not stop them either.
  if (variables.TF_CLI_CONFIG_FILE === undefined) return;
  const stale = runner(node);
  const left = join(stale.directory, '.terraform.lock.hcl');
  writeFileSync(left, readFileSync(left, 'utf8').replace(/"h1:..../g, '"h1:AAAA'));
  await stale.init();
}, 60_000);

test('without a committed file there is nothing to hold to', () => {
  const text = readFileSync(lockPath, 'utf8');
  rmSync(lockPath);
  expect(committedLock(terraform, {}, () => undefined)).toBeUndefined();
  writeFileSync(lockPath, text);
});

test('make lock that finds no packages says where they could come from, and leaves the file', async () => {
  const before = readFileSync(lockPath, 'utf8');
  const error = await makeLock({ ...source, MIRROR: join(directory, 'config') }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(CommandError);
  expect(error.message).toContain('No lock was written');
  expect(readFileSync(lockPath, 'utf8')).toBe(before);
  expect(readdirSync(join(directory, 'config')).sort()).toEqual(['sandbox.toml', 'terraform.lock.hcl']);
}, 60_000);
