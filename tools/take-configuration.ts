import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';
import { CA_FILE } from '../environment/settings/fields';

/**
 * Takes the configuration files out of a pull request's checkout into this one, which is the target branch. Planning needs access
 * to the Docker Engine, and that is root on its host: so only data comes from the pull request, never code, and no
 * data that decides whom the credentials are shown to.
 *
 * usage: take-configuration.ts <checkout of the pull request's merge commit, with its parents>
 * Prints, and gives to GitHub, the environments that can be planned now. What cannot, it explains.
 */
const [, , proposal] = process.argv;
if (proposal === undefined) throw new Error('usage: take-configuration.ts <checkout of the pull request>');

const CONFIGURATION = /^config\/[a-z][a-z0-9-]*\.toml$/;
/** Certificates of authorities: only certificates are ever taken out of such a file (environment/authorities.ts). */
const AUTHORITIES = /^config\/[A-Za-z0-9._/-]+\.pem$/;
/** Tables that name the servers to which credentials go. */
const TRUSTED_TABLES = ['engine', 'state'];

const before = files('HEAD^1');
const after = files('HEAD');
const changed = [...new Set([...before.keys(), ...after.keys()])]
  .filter((file) => before.get(file) !== after.get(file))
  .sort();
const isData = (file: string) => CONFIGURATION.test(file) || AUTHORITIES.test(file) || file.endsWith('.md');
const code = changed.filter((file) => !isData(file));
const explanations: string[] = [];
const planned: string[] = [];

const concerned = [...new Set([...before.keys(), ...after.keys()])]
  .filter((file) => CONFIGURATION.test(file))
  .filter((file) => changed.includes(file) || authoritiesOf(file).some((each) => changed.includes(each)))
  .sort();
for (const file of concerned) {
  const environment = basename(file, '.toml');
  const reason = obstacle(file);
  if (reason !== undefined) {
    explanations.push(
      `\`${environment}\` is not planned here: ${reason}. The plan is made after the merge, before anything is applied.`,
    );
    continue;
  }
  for (const each of [file, ...authoritiesOf(file)]) take(each);
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

/** Why the environment of this file cannot be planned with the credentials of the target branch. */
function obstacle(file: string): string | undefined {
  if (code.length > 0) return `the pull request also changes code (${code.slice(0, 3).join(', ')})`;
  if (!existsSync(file)) return 'it is new, and nobody has approved yet which engine and state it may use';
  if (!after.has(file)) return 'its file is removed; destroy it with "make down" before';
  const [ours, theirs] = [table(file), table(join(proposal as string, file))];
  const moved = TRUSTED_TABLES.filter((name) => !isDeepStrictEqual(ours[name], theirs[name]));
  if (moved.length > 0) return `[${moved.join('] and [')}] changes, which decides where credentials are sent`;
  const [image, proposed] = [ours, theirs].map(
    (each) => each.identity_server as { image?: string; build?: object } | undefined,
  );
  if (proposed?.build !== undefined && proposed.image !== image?.image) {
    return 'identity_server.image changes, and to plan it, programs of that image would build another one on the Docker host';
  }
  const state = theirs.state as { backend?: string } | undefined;
  if ((state?.backend ?? 'local') === 'local') return 'its state is a file on one machine (state.backend)';
  return undefined;
}

/** The files of certificate authorities that the proposed configuration names. */
function authoritiesOf(file: string): string[] {
  if (!after.has(file)) return [];
  const { load_balancer: balancer, database } = table(join(proposal as string, file)) as NamedFiles;
  return [balancer?.client_certificates?.ca_file, database?.ca_file]
    .filter((name): name is string => typeof name === 'string' && CA_FILE.test(name))
    .map((name) => `config/${name}`);
}

interface NamedFiles {
  readonly load_balancer?: { readonly client_certificates?: { readonly ca_file?: unknown } };
  readonly database?: { readonly ca_file?: unknown };
}

function take(file: string): void {
  rmSync(file, { force: true });
  if (!after.has(file)) return;
  mkdirSync(dirname(file), { recursive: true });
  copyFileSync(join(proposal as string, file), file);
}

function table(file: string): Record<string, unknown> {
  return parse(readFileSync(file, 'utf8'));
}

/** Content hash, with mode, of every file of a commit of the pull request's checkout. */
function files(commit: string): Map<string, string> {
  const listing = execFileSync('git', ['-C', proposal as string, 'ls-tree', '-rz', commit], { encoding: 'utf8' });
  const entries = listing.split('\0').filter((line) => line !== '');
  return new Map(
    entries.map((line): [string, string] => {
      const [facts = '', path = ''] = line.split('\t');
      // A link under the name of a configuration file would copy what it points to on the runner: it counts as code.
      return [facts.startsWith('120000') ? `${path} (link)` : path, facts];
    }),
  );
}
