import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../cli/setup/process';
import { type Json, PROJECT, readSynthesized, temporaryDirectory } from '../support/synth';

/** The community's successor of cdktf, as docs/moving.md says to install it. */
const CDKTN = 'npm:cdktn@0.24.0';
/** The newest that cdktn accepts. */
const CONSTRUCTS = '10.7.2';
/** What the program is made of; no tests, no commands. */
const PROGRAM = ['catalogue', 'config', 'constructs', 'environment', 'images', 'runtime', 'topology', 'main.ts'];

const INSTALL_MS = 180_000;

async function synthesize(project: string): Promise<Record<string, string>> {
  const outdir = temporaryDirectory('synth-');
  await run('node', ['--import', join(project, 'node_modules/tsx/dist/loader.mjs'), 'main.ts'], {
    cwd: project,
    env: { CDKTF_OUTDIR: outdir, NODE_PATH: undefined, ENVIRONMENT: undefined, CONFIG_DIRECTORY: undefined },
  });
  const { stacks } = readSynthesized(outdir);
  return Object.fromEntries(stacks.map(({ name, json }) => [name, JSON.stringify(withoutMetadata(json), null, 2)]));
}

/** `//` at the top names the version of the generator; inside, the paths of the constructs, which must agree. */
function withoutMetadata({ '//': comment, ...rest }: Json): Json {
  const { version: _version, ...metadata } = comment.metadata;
  return { ...rest, '//': { ...comment, metadata } };
}

test(
  'the same program gives the same Terraform with cdktn in the place of cdktf',
  async () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
    const moved = temporaryDirectory('cdktn-');
    for (const part of PROGRAM) cpSync(join(PROJECT, part), join(moved, part), { recursive: true });
    const alias = { cdktf: '$cdktf' };
    const settings = {
      private: true,
      dependencies: { ...dependencies, cdktf: CDKTN, constructs: CONSTRUCTS, tsx: devDependencies.tsx },
      overrides: { '@cdktf/provider-docker': alias, '@cdktf/provider-local': alias },
    };
    writeFileSync(join(moved, 'package.json'), JSON.stringify(settings));
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'], {
      cwd: moved,
      timeoutMs: INSTALL_MS,
    });
    expect(JSON.parse(readFileSync(join(moved, 'node_modules/cdktf/package.json'), 'utf8')).name).toBe('cdktn');
    // A second copy beside it would be the one that the bindings use.
    expect(existsSync(join(moved, 'node_modules/@cdktf/provider-docker/node_modules/cdktf'))).toBe(false);

    const [before, after] = [await synthesize(PROJECT), await synthesize(moved)];
    expect(Object.keys(before).length).toBeGreaterThanOrEqual(12);
    expect(after).toEqual(before);
  },
  INSTALL_MS + 60_000,
);
