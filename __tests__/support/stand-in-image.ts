import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { run } from '../../cli/setup/process';
import { sandboxImageTags } from '../../images/tags';
import { docker } from './workspace';

const STAND_IN = resolve(__dirname, '../stand-in');

/** Builds the stand-in as an image of the sandbox's family, unless it is there. @returns its name */
export async function ensureStandInImage(): Promise<string> {
  const context = mkdtempSync(join(tmpdir(), 'stand-in-'));
  try {
    const outfile = join(context, 'server.js');
    const entry = { entryPoints: [join(STAND_IN, 'server.ts')], outfile };
    // pg asks for its native half and does without it.
    await build({ ...entry, bundle: true, platform: 'node', target: 'node20', external: ['pg-native'] });
    const base = sandboxImageTags().identityServer;
    const files = ['Dockerfile', 'postgresql.sql'];
    const hash = createHash('sha256').update(base).update(readFileSync(outfile));
    for (const file of files) hash.update(readFileSync(join(STAND_IN, file)));
    const image = `wso2-is-active-active/stand-in:${hash.digest('hex').slice(0, 12)}`;
    if ((await docker('image', 'ls', '--quiet', image)) !== '') return image;
    for (const file of files) copyFileSync(join(STAND_IN, file), join(context, file));
    await run('docker', ['build', '--tag', image, '--build-arg', `BASE_IMAGE=${base}`, context]);
    return image;
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}
