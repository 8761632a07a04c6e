import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT, temporaryDirectory } from '../support/synth';

const folder = temporaryDirectory('typescript-');
const CACHE = join(folder, 'node_modules', '.cache', 'compiled.json');
mkdirSync(join(folder, 'node_modules'));
symlinkSync(join(PROJECT, 'node_modules', 'esbuild'), join(folder, 'node_modules', 'esbuild'));
copyFileSync(join(PROJECT, 'typescript.cjs'), join(folder, 'typescript.cjs'));

/** What the program says when it is written so and run. */
function said(main: string, part = 'export const part: string = "part";\n'): string {
  writeFileSync(join(folder, 'main.ts'), `import { part } from './part';\n${main}\n`);
  writeFileSync(join(folder, 'part.ts'), part);
  const { stdout, stderr } = spawnSync('node', ['--require', './typescript.cjs', 'main.ts'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return `${stdout}${stderr}`;
}

test('what was compiled is kept, and nothing of it is used once a file has another content', () => {
  const main = 'console.log(part);';
  expect(said(main)).toBe('part\n');
  const first = readFileSync(CACHE, 'utf8');
  expect(said(main)).toBe('part\n');
  expect(readFileSync(CACHE, 'utf8')).toBe(first);
  expect(said(main, 'export const part: string = "tarp";\n')).toBe('tarp\n');
  expect(said('console.log(part, part);')).toBe('part part\n');
});

test('a cache that was cut off, or cannot be written, costs time and no more', () => {
  writeFileSync(CACHE, '{"main.ts": {"ha');
  expect(said('console.log(part);')).toBe('part\n');
  expect(Object.keys(JSON.parse(readFileSync(CACHE, 'utf8'))).sort()).toEqual(['main.ts', 'part.ts']);
});

test('a trace names the line that somebody wrote', () => {
  expect(said('type Nothing = {\n  none: never;\n};\nthrow new Error(part);')).toMatch(/main\.ts:5:7/);
});
