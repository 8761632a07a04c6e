import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { readAuthorities } from './authorities';
import { environmentSchema } from './checks';
import { conflicts, type LoadedEnvironment } from './conflicts';
import { invisibleText } from './control-characters';
import { ConfigurationError, dotted, nearest, type Problem, problemsOf } from './diagnostics';
import { driverJarProblem } from './driver-jar';
import { LARGEST_CONFIGURATION_BYTES, readTextFile } from './limits';
import { keysOfOtherPlatform } from './platform';
import { readRevocations } from './revocations';
import { type Environment, type EnvironmentAuthorities, environmentJsonSchema } from './schema';
import { CA_FILE } from './settings/fields';
import { type TomlLines, tomlLines } from './toml-lines';

const ENVIRONMENT_NAME = /^[a-z][a-z0-9-]{0,29}$/;

/** Keys that name a file of certificate authorities. */
const CA_FILE_KEYS: Readonly<Record<keyof EnvironmentAuthorities, readonly string[]>> = {
  clients: ['load_balancer', 'client_certificates', 'ca_file'],
  database: ['database', 'ca_file'],
};

/** Key that names a file of revoked client certificates. */
const CRL_FILE_KEY = ['load_balancer', 'client_certificates', 'crl_file'];

/** Tables and lists within each other; the product needs fewer than ten. */
const MAX_DEPTH = 50;
/** In one table or list; the checks of each entry are collected on the stack. */
const MAX_ENTRIES = 5000;

/** What the parser's shorter messages usually mean. */
const TOML_HINTS: Readonly<Record<string, string>> = {
  'invalid value': 'text needs double quotes',
  'control characters are not allowed in strings': 'the closing quote is missing',
  'trying to redefine an already defined table or value': 'each key and each table may stand only once',
  'document contains an unsafe property': 'no key may be called "__proto__" or "constructor"',
};

/** Which environments are wanted, and what for. */
export interface LoadOptions {
  /** Name of the only one wanted; the others are then only compared with it, and may be broken. @default - all */
  readonly only?: string;
  /** Whether that one may want what another has: for commands that create nothing. @default false */
  readonly mayCollide?: boolean;
}

/**
 * Reads and checks `<directory>/*.toml`.
 *
 * @param directory folder of the configuration files
 * @returns the environments in the order of their names
 * @throws ConfigurationError with every problem of every file concerned
 */
export function loadEnvironments(directory: string, { only, mayCollide = false }: LoadOptions = {}): Environment[] {
  const names = configurationNames(directory);
  if (names.length === 0) {
    throw new ConfigurationError([
      { file: directory, message: 'has no *.toml file; an environment is one file here, for example sandbox.toml' },
    ]);
  }
  if (only !== undefined && !names.includes(only)) {
    const guess = nearest(only, names);
    const hint = guess === undefined ? '' : `; did you mean "${guess}"?`;
    throw new ConfigurationError([
      {
        file: join(directory, `${only}.toml`),
        message: `there is no such file${hint} (environments here: ${names.join(', ')})`,
      },
    ]);
  }
  const results = names.map((name) => loadEnvironment(directory, name));
  const loaded = results.flatMap(({ environment, lineOf }) => (environment && lineOf ? { environment, lineOf } : []));
  const concerns = (...involved: string[]) => only === undefined || involved.includes(only);
  const problems = [
    ...results.filter(({ name }) => concerns(name)).flatMap((result) => result.problems),
    ...pairs(mayCollide ? [] : loaded)
      .filter(([one, other]) => concerns(one.environment.name, other.environment.name))
      .flatMap(([one, other]) => conflicts(one, other, loaded)),
  ];
  if (problems.length > 0) throw new ConfigurationError(problems);
  return loaded.map(({ environment }) => environment).filter(({ name }) => concerns(name));
}

interface LoadResult extends Partial<LoadedEnvironment> {
  readonly name: string;
  readonly problems: readonly Problem[];
}

function configurationNames(directory: string): string[] {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(directory)
    .filter((file) => file.endsWith('.toml'))
    .map((file) => file.slice(0, -'.toml'.length))
    .sort();
}

function loadEnvironment(directory: string, name: string): LoadResult {
  const file = join(directory, `${name}.toml`);
  const nameProblems: Problem[] = ENVIRONMENT_NAME.test(name)
    ? []
    : [
        {
          file,
          message: `the file's name is the environment's: found "${name}", allowed are up to 30 lower-case letters, digits and "-", beginning with a letter`,
        },
      ];
  let text: string;
  let raw: unknown;
  try {
    text = readTextFile(file, LARGEST_CONFIGURATION_BYTES);
    raw = parse(text, { unsafeKeyBehaviour: 'throw' });
  } catch (error) {
    return { name, problems: [...nameProblems, unreadable(file, error)] };
  }
  if (isDeeperThan(MAX_DEPTH, raw)) {
    const message = `has tables or lists nested more than ${MAX_DEPTH} deep; write it with fewer levels`;
    return { name, problems: [...nameProblems, { file, message }] };
  }
  if (isLongerThan(MAX_ENTRIES, raw)) {
    const message = `has a table or list of more than ${MAX_ENTRIES} entries; write it with fewer`;
    return { name, problems: [...nameProblems, { file, message }] };
  }
  const lineOf = tomlLines(text);
  const invisible = invisibleText(raw);
  if (invisible.length > 0) {
    const problems = invisible.map(({ path, message }) => ({ file, line: lineOf(path), key: dotted(path), message }));
    return { name, problems: [...nameProblems, ...problems] };
  }
  const { problems: fileProblems, ...published } = publishedFiles(raw, directory, file, lineOf);
  for (const { path, message } of keysOfOtherPlatform(raw)) {
    fileProblems.push({ file, line: lineOf(path), key: dotted(path), message });
  }
  const result = environmentSchema.safeParse(raw);
  if (!result.success) {
    const problems = problemsOf(result.error.issues, file, text, raw, environmentJsonSchema());
    return { name, problems: [...nameProblems, ...problems, ...fileProblems] };
  }
  const environment = { ...result.data, name, file, ...published };
  const driverProblem = driverJarProblem(environment);
  if (driverProblem !== undefined) {
    const path = ['identity_server', 'driver_jar'];
    fileProblems.push({ file, line: lineOf(path), key: path.join('.'), message: driverProblem });
  }
  return { name, problems: [...nameProblems, ...fileProblems], environment, lineOf };
}

/** A file that cannot be used, and why. */
interface Refused {
  readonly problems: readonly string[];
}

/** Reads what authorities publish, also where the rest of the configuration has mistakes: all are told at once. */
function publishedFiles(raw: unknown, directory: string, file: string, lineOf: TomlLines) {
  const authorities: { -readonly [purpose in keyof EnvironmentAuthorities]: EnvironmentAuthorities[purpose] } = {};
  const problems: Problem[] = [];
  const read = <T extends object>(path: readonly string[], reader: (file: string) => T) => {
    const value = path.reduce<unknown>((table, key) => (table as Record<string, unknown> | undefined)?.[key], raw);
    // Anything else is the schema's to refuse.
    if (typeof value !== 'string' || !CA_FILE.test(value)) return undefined;
    const named = join(directory, value);
    const content = reader(named);
    if (!('problems' in content)) return content as Exclude<T, Refused>;
    for (const problem of (content as Refused).problems) {
      problems.push({ file, line: lineOf(path), key: path.join('.'), message: `${named}: ${problem}` });
    }
    return undefined;
  };
  for (const purpose of Object.keys(CA_FILE_KEYS) as (keyof EnvironmentAuthorities)[]) {
    const content = read(CA_FILE_KEYS[purpose], readAuthorities);
    if (content) authorities[purpose] = content.authorities;
  }
  const { clients } = authorities;
  // Without the authorities nothing can be said about their lists.
  const revocations = clients && read(CRL_FILE_KEY, (path) => readRevocations(path, clients))?.lists;
  return { authorities, ...(revocations && { revocations }), problems };
}

/** Looked at before anything walks through the value: a dotted key of a million parts would overflow the stack. */
function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels < 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}

function isLongerThan(entries: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const inner = Object.values(value);
  return inner.length > entries || inner.some((each) => isLongerThan(entries, each));
}

function unreadable(file: string, error: unknown): Problem {
  if (error instanceof TomlError) {
    const reason = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
    const hint = TOML_HINTS[reason] === undefined ? '' : `; ${TOML_HINTS[reason]}`;
    return { file, line: error.line, message: `not valid TOML at column ${error.column}: ${reason}${hint}` };
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  if (code === 'EFBIG') {
    const message = `has more than ${LARGEST_CONFIGURATION_BYTES / 1024} KiB, which no configuration needs; is it another file?`;
    return { file, message };
  }
  return { file, message: `cannot be read (${code})` };
}

function pairs<T>(all: readonly T[]): [T, T][] {
  return all.flatMap((one, index) => all.slice(index + 1).map((other): [T, T] => [one, other]));
}
