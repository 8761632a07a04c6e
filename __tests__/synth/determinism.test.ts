import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHAPES } from '../support/shapes';
import {
  PROJECT,
  readSynthesized,
  shipped,
  shippedTopologies,
  synthesizeToFiles,
  temporaryDirectory,
} from '../support/synth';

/** Runs the real program on a copy of `config/` in a new folder. */
function runMain(): ReturnType<typeof readSynthesized> {
  const project = temporaryDirectory('determinism-');
  cpSync(join(PROJECT, 'config'), join(project, 'config'), { recursive: true });
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--require', join(PROJECT, 'typescript.cjs'), join(PROJECT, 'main.ts')],
    { cwd: project, env: { PATH: process.env.PATH, HOME: project, CHECKPOINT_DISABLE: '1' }, encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return readSynthesized(join(project, 'cdktf.out'));
}

describe('main.ts in two different folders', () => {
  const one = runMain();
  const other = runMain();

  test('writes equal bytes, the manifest included', () => {
    expect(one.outdir).not.toBe(other.outdir);
    expect(Object.keys(one.files)).toContain('manifest.json');
    expect(Object.keys(other.files)).toEqual(Object.keys(one.files));
    for (const [path, text] of Object.entries(one.files))
      expect([path, other.files[path] === text]).toEqual([path, true]);
  });

  test('writes every environment of config/', () => {
    const environments = [...shippedTopologies(), ...shipped('kubernetes')];
    expect(environments.length).toBeGreaterThanOrEqual(5);
    expect(Object.keys(one.manifest.stacks).sort()).toEqual(
      environments.flatMap(({ stacks }) => stacks.map(({ name }) => name)).sort(),
    );
  });

  test('names nothing of this machine', () => {
    for (const [path, text] of Object.entries(one.files)) {
      for (const trace of [one.outdir, PROJECT, tmpdir(), `${homedir()}/`, hostname(), process.version]) {
        // A container's own /tmp is no trace of this machine.
        const found = trace === '/tmp' ? /\/tmp\/(config|synth|determinism)-/.test(text) : text.includes(trace);
        expect([path, trace, found]).toEqual([path, trace, false]);
      }
    }
  });
});

describe.each(Object.entries(SHAPES))('shape %s', (_, topology) => {
  const { stacks, files } = synthesizeToFiles([topology]);

  test('is the same whatever else is synthesized with it', () => {
    const alone = Object.fromEntries(stacks.map(({ name, text }) => [name, text]));
    const together = synthesizeToFiles([...shippedTopologies(), topology]).stacks;
    expect(Object.fromEntries(together.map(({ name, text }) => [name, text]))).toMatchObject(alone);
  });

  test('has no value that looks like a secret', () => {
    for (const [path, text] of Object.entries(files)) {
      expect([path, text]).toEqual([
        path,
        expect.not.stringMatching(/-----BEGIN|AKIA[0-9A-Z]{16}|eyJ[A-Za-z0-9_-]{20,}/),
      ]);
      // Generated secrets are 24 characters of the alphabet, or hexadecimal keys.
      const opaque = text.match(/(?<=[=":])[A-Za-z0-9_-]{24}(?=")/g) ?? [];
      expect(opaque.filter((word) => /[A-Z]/.test(word) && /[a-z]/.test(word) && /\d/.test(word))).toEqual([]);
      expect(text.match(/\b[0-9a-f]{32,}\b/g)).toBeNull();
    }
  });

  test('has no time in it', () => {
    for (const text of Object.values(files)) expect(text).not.toMatch(/\b20\d\d-\d\d-\d\dT\d\d:\d\d/);
  });
});
