import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { parse } from 'smol-toml';
import { isTable, type TomlTable } from '../catalogue/toml';
import { LARGEST_CONFIGURATION_BYTES } from '../environment/limits';
import { authoritiesOf, changedFiles, codeAmong, filesOf, isConfiguration, obstacle } from './pull-request';

/**
 * Takes the configuration files out of a pull request's checkout into this one, which is the target branch: only data, never code, and
 * no data that decides whom the credentials are shown to or what is built.
 *
 * usage: take-configuration.ts <checkout of the pull request's merge commit, with its parents>
 * Prints, and gives to GitHub, the environments that can be planned now. What cannot, it explains.
 */
const [, , proposal] = process.argv;
if (proposal === undefined) throw new Error('usage: take-configuration.ts <checkout of the pull request>');
const repository = proposal;

const [before, after] = (['HEAD^1', 'HEAD'] as const).map((commit) =>
  filesOf(git('ls-tree', '-rz', commit).toString('utf8')),
) as [ReturnType<typeof filesOf>, ReturnType<typeof filesOf>];
const changed = changedFiles(before, after);
const code = codeAmong(changed, before, after);
const explanations: string[] = [];
const planned: string[] = [];

for (const file of [...new Set([...before.keys(), ...after.keys()])].filter(isConfiguration).sort()) {
  const ours = before.has(file) ? (table('HEAD^1', file) ?? {}) : undefined;
  const theirs = after.has(file) ? (table('HEAD', file) ?? 'invalid') : undefined;
  const authorities = typeof theirs === 'object' ? authoritiesOf(theirs) : [];
  if (![file, ...authorities].some((each) => changed.includes(each))) continue;
  const environment = basename(file, '.toml');
  const reason = obstacle({ ours, theirs }, code);
  if (reason !== undefined) {
    explanations.push(
      `\`${environment}\` is not planned here: ${reason}. The plan is made after the merge, before anything is applied.`,
    );
    continue;
  }
  for (const each of [file, ...authorities]) take(each);
  planned.push(environment);
}
if (code.length > 0 && planned.length === 0) {
  explanations.push(
    'This pull request changes code. Code of pull requests is not run with credentials: its plan is made after the merge, before anything is applied.',
  );
}

const output = `environments=${JSON.stringify(planned)}\n`;
process.stdout.write(output);
for (const line of explanations) console.error(line);
if (process.env.GITHUB_OUTPUT) appendFileSync(process.env.GITHUB_OUTPUT, output);
if (process.env.GITHUB_STEP_SUMMARY) appendFileSync(process.env.GITHUB_STEP_SUMMARY, `${explanations.join('\n\n')}\n`);

/** From the commit and not from the checkout, which links and attributes may have turned into something else. */
function take(file: string): void {
  rmSync(file, { force: true });
  if (!after.has(file)) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, git('cat-file', 'blob', `HEAD:${file}`));
}

/** @returns undefined where the file is no TOML */
function table(commit: string, file: string): TomlTable | undefined {
  const text = git('cat-file', 'blob', `${commit}:${file}`);
  if (text.length > LARGEST_CONFIGURATION_BYTES) return undefined;
  try {
    const value: unknown = parse(text.toString('utf8'), { unsafeKeyBehaviour: 'throw' });
    return isTable(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function git(...args: string[]): Buffer {
  return execFileSync('git', ['-C', repository, ...args], {
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
