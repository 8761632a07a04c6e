import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { download, requireMaven } from '../../cli/setup/maven';
import { run } from '../../cli/setup/process';
import { sandboxImageTags } from '../../images/tags';
import { docker } from './workspace';

const SOURCE = resolve(__dirname, '../hazelcast');
/** The version of Identity Server 7.0 to 7.3. */
const HAZELCAST = 'com.hazelcast:hazelcast:5.3.6:jar';
const SHA256 = '72d70778f79c656dae8b4b5361b39af177b48b5bd980984098ce1d5aa992bbec';

/** Builds the sandbox's server with Hazelcast as an image, unless it is there. @returns its name */
export async function ensureHazelcastImage(): Promise<string> {
  const base = sandboxImageTags().identityServer;
  const files = readdirSync(SOURCE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256').update(base).update(HAZELCAST);
  for (const file of files) hash.update(readFileSync(file));
  const image = `wso2-is-active-active/hazelcast:${hash.digest('hex').slice(0, 12)}`;
  if ((await docker('image', 'ls', '--quiet', image)) !== '') return image;
  requireMaven('Hazelcast for its tests');
  const jar = await download(HAZELCAST, { sha256: SHA256 });
  const context = mkdtempSync(join(tmpdir(), 'hazelcast-'));
  try {
    cpSync(SOURCE, context, { recursive: true });
    copyFileSync(jar, join(context, 'hazelcast.jar'));
    await run('docker', ['build', '--tag', image, '--build-arg', `BASE_IMAGE=${base}`, context]);
    return image;
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}
