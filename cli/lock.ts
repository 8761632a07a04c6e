import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { synthesize } from '../constructs/synthesize';
import { loadTopologies } from '../topology/load-topologies';
import { lockEntries, lockFile, registryOf } from './lock-file';
import { runCommand, UserError } from './setup/errors';
import { CommandError, run } from './setup/process';
import { step } from './setup/progress';
import { ensureTerraform } from './setup/terraform';
import { configurationFileOf } from './terraform';

/** Where people and pipelines run the commands. */
const PLATFORMS = 'linux_amd64 linux_arm64 darwin_amd64 darwin_arm64';

const HEADER = `# Providers of all stacks, with the checksums that their packages must have. Written by "make lock"; review it like code.
`;

/**
 * `make lock`: writes the newest providers that the stacks allow, with their checksums for several platforms, into the committed lock
 * file. MIRROR takes them from a folder or an https:// address instead of the registry; PLATFORMS replaces the platforms.
 */
runCommand(async () => {
  const terraform = await ensureTerraform();
  const work = mkdtempSync(join(tmpdir(), 'wso2-lock-'));
  try {
    const required_providers = requiredProviders(join(work, 'out'));
    writeFileSync(join(work, 'main.tf.json'), JSON.stringify({ terraform: { required_providers } }));
    const platforms = (process.env.PLATFORMS || PLATFORMS).split(/\s+/).filter((platform) => platform !== '');
    const args = ['providers', 'lock', '-no-color', ...mirror(), ...platforms.map((name) => `-platform=${name}`)];
    await step(`Checksums for ${platforms.join(', ')}`, () =>
      run(terraform.binary, args, { cwd: work, env: { CHECKPOINT_DISABLE: '1' } }),
    );
    const made = lockEntries(readFileSync(join(work, '.terraform.lock.hcl'), 'utf8'));
    const file = lockFile();
    const before = existsSync(file) ? lockEntries(readFileSync(file, 'utf8')) : new Map<string, string>();
    // Terraform and OpenTofu have a registry each; one does not write the other's entries.
    const others = [...before].filter(([address]) => !address.startsWith(`${registryOf(terraform.isOpenTofu)}/`));
    const entries = [...others, ...made].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, entry]) => entry);
    writeFileSync(file, [HEADER, ...entries].join('\n'));
    console.log(`${file}: review and commit it.`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const lines = error.lastLines.join('\n').trim();
    throw new UserError(
      `${lines}\n\nNo lock was written. The checksums come from the provider registry; where it cannot be reached, MIRROR names a folder or an https:// address that has the published packages, and PLATFORMS those of them that it has.`,
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});

/** What the stacks of all environments require together. */
function requiredProviders(directory: string): Record<string, unknown> {
  const topologies = loadTopologies();
  synthesize(topologies, directory);
  const stacks = topologies.flatMap(({ stacks }) => stacks);
  return Object.assign(
    {},
    ...stacks.map(({ name }) => {
      const { terraform } = JSON.parse(readFileSync(configurationFileOf(directory, name), 'utf8'));
      return terraform.required_providers;
    }),
  );
}

function mirror(): string[] {
  const from = process.env.MIRROR;
  if (!from) return [];
  return [from.startsWith('https://') ? `-net-mirror=${from}` : `-fs-mirror=${resolve(from)}`];
}
