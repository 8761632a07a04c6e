import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT, temporaryDirectory } from '../support/synth';

const { stdout } = spawnSync('make', ['--no-print-directory', 'help'], { cwd: PROJECT, encoding: 'utf8' });
/** What help says below each target. */
const SECTIONS = new Map(
  stdout
    .split(/^ {2}make /m)
    .slice(1)
    .map((section): [string, string] => [section.split(' ')[0] as string, section]),
);
/** Of these the end of the page speaks, or nobody sets them by hand. */
const OF_ALL = ['ENVIRONMENT', 'NO_COLOR', 'CI'];

/** They are no commands of an environment, and have folders of their own. */
const SUITES = { chaos: 'chaos', 'cluster-faults': 'chaos/cluster', mistakes: 'mistakes', benchmark: 'benchmarks' };

const commands = readdirSync(join(PROJECT, 'cli'))
  .map((file) => file.replace('.ts', ''))
  .filter((command) => SECTIONS.has(command));
const variables = [
  ...commands.map((command) => [command, join('cli', `${command}.ts`)]),
  ...Object.entries(SUITES).map(([suite, folder]) => [suite, `__tests__/${folder}/suite.ts`]),
]
  .flatMap(([command = '', file = '']) =>
    [...readFileSync(join(PROJECT, file), 'utf8').matchAll(/process\.env\.(\w+)/g)].map(([, name]) => [command, name]),
  )
  .filter(([, name]) => !OF_ALL.includes(name as string)) as [string, string][];

test('there are commands, and some of them take variables', () => {
  expect(commands.length).toBeGreaterThan(8);
  expect(variables.length).toBeGreaterThan(5);
});

test.each(variables)('make help says that make %s takes %s', (command, name) => {
  expect(SECTIONS.get(command)).toContain(` ${name}=`);
});

test('make help lists nothing that no command reads', () => {
  const listed = [...SECTIONS].flatMap(([command, section]) => {
    const file = Object.keys(SUITES).includes(command) ? `__tests__/${command}/suite.ts` : `cli/${command}.ts`;
    if (!existsSync(join(PROJECT, file))) return [];
    return [...section.matchAll(/^ {20,}([A-Z]+)=/gm)].map(([, name]) => `${command} ${name}`);
  });
  const read = variables.map(([command, name]) => `${command} ${name}`);
  expect(listed.length).toBeGreaterThan(5);
  expect(listed.filter((each) => !read.includes(each))).toEqual([]);
});

test('a name that looks like a function of make is a name, and nothing runs', () => {
  const cwd = temporaryDirectory('make-');
  const env = { ...process.env, ENVIRONMENT: '$(shell touch ran)' };
  // Functions run while make reads its file; of the recipes it only says what it would do.
  const args = ['--dry-run', '-f', join(PROJECT, 'Makefile'), 'credentials'];
  const { status, stdout } = spawnSync('make', args, { cwd, env, encoding: 'utf8' });
  expect({ status, ran: existsSync(join(cwd, 'ran')) }).toEqual({ status: 0, ran: false });
  expect(stdout).toContain('credentials.ts');
});
