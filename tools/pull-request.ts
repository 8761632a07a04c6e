import { isDeepStrictEqual } from 'node:util';
import { isTable, type TomlTable } from '../catalogue/toml';
import { CA_FILE } from '../environment/settings/fields';

/**
 * What may be taken from a pull request whose code nobody has read yet. Everything is refused that is not known to be data: a plan is
 * made with access to a Docker Engine, which is root on its host, or to a cluster.
 */

/** The files of one commit by path: mode, kind and hash, as `git ls-tree -rz` lists them. */
export type CommitFiles = ReadonlyMap<string, string>;

/** One environment as the target branch has it and as the pull request proposes it. */
export interface Proposal {
  /** Undefined where the target branch does not have it. */
  readonly ours: TomlTable | undefined;
  /** Undefined where the pull request removes it; `"invalid"` where it is no TOML. */
  readonly theirs: TomlTable | 'invalid' | undefined;
}

const CONFIGURATION = /^config\/[a-z][a-z0-9-]*\.toml$/;
/** Certificates of authorities: only certificates are ever taken out of such a file (environment/authorities.ts). */
const AUTHORITIES = /^config\/[A-Za-z0-9._/-]+\.pem$/;
const DOCUMENT = /^(?:[A-Za-z0-9._-]+\/)*[A-Za-z0-9._-]+\.md$/;
/** Neither a link, which would copy what it points to on the runner, nor another repository. */
const REGULAR_FILE = /^100(?:644|755) blob /;

/** What a person reads on the target branch before a plan is made with it, and why. */
const READ_BEFORE_A_PLAN: readonly { readonly path: readonly string[]; readonly reason: string }[] = [
  { path: ['engine'], reason: 'decides where credentials are sent' },
  { path: ['platform'], reason: 'decides where credentials are sent' },
  { path: ['state'], reason: 'decides where credentials are sent' },
  { path: ['identity_server', 'distribution'], reason: 'decides which images are built and run' },
  { path: ['identity_server', 'build'], reason: 'decides which programs run as root in an image build' },
  { path: ['identity_server', 'driver_jar'], reason: 'names a file of the runner whose code runs in the nodes' },
];

/** @param listing what `git ls-tree -rz` prints */
export function filesOf(listing: string): CommitFiles {
  return new Map(
    listing
      .split('\0')
      .filter((line) => line !== '')
      .map((line): [string, string] => {
        // A path may have a TAB, too.
        const tab = line.indexOf('\t');
        return [line.slice(tab + 1), line.slice(0, tab)];
      }),
  );
}

/** Paths that differ, in order. */
export function changedFiles(before: CommitFiles, after: CommitFiles): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((file) => before.get(file) !== after.get(file))
    .sort();
}

/** Whether a path is a configuration file. */
export function isConfiguration(file: string): boolean {
  return CONFIGURATION.test(file);
}

/** Those of the changed files that may be code, also as the target branch has them. */
export function codeAmong(changed: readonly string[], before: CommitFiles, after: CommitFiles): string[] {
  const isData = (file: string) =>
    [CONFIGURATION, AUTHORITIES, DOCUMENT].some((kind) => kind.test(file)) &&
    [before, after].every((files) => REGULAR_FILE.test(files.get(file) ?? '100644 blob '));
  return changed.filter((file) => !isData(file));
}

/** Why the environment cannot be planned with the credentials of the target branch; undefined where it can. */
export function obstacle({ ours, theirs }: Proposal, code: readonly string[]): string | undefined {
  if (code.length > 0) {
    return `the pull request also changes code (${code
      .slice(0, 3)
      .map((file) => JSON.stringify(file))
      .join(', ')})`;
  }
  if (ours === undefined)
    return 'it is new, and nobody has approved yet which engine or cluster and which state it may use';
  if (theirs === undefined) return 'its file is removed; destroy it with "make down" before';
  if (theirs === 'invalid') return 'its file is no valid TOML; "make check" says where';
  const unread = READ_BEFORE_A_PLAN.find(({ path }) => !isDeepStrictEqual(at(ours, path), at(theirs, path)));
  if (unread !== undefined) return `${unread.path.join('.')} changes, which ${unread.reason}`;
  const image = ['identity_server', 'image'];
  if (at(theirs, ['identity_server', 'build']) !== undefined && at(ours, image) !== at(theirs, image)) {
    return 'identity_server.image changes, and to apply it, programs of that image build another one on the Docker host';
  }
  if ((at(theirs, ['state', 'backend']) ?? 'local') === 'local') {
    return 'its state is a file on one machine (state.backend)';
  }
  return undefined;
}

/** The files of certificate authorities that a configuration names. */
export function authoritiesOf(table: TomlTable): string[] {
  return [
    ...['ca_file', 'crl_file'].map((key) => at(table, ['load_balancer', 'client_certificates', key])),
    at(table, ['database', 'ca_file']),
  ]
    .filter((name): name is string => typeof name === 'string' && CA_FILE.test(name))
    .map((name) => `config/${name}`);
}

function at(table: TomlTable, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isTable(value) ? value[key] : undefined), table);
}
