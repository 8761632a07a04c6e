import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { overlap, parseSubnet } from '../topology/addresses';
import { ConfigurationError, nearest, type Problem, problemsOf } from './diagnostics';
import { type Environment, environmentJsonSchema, environmentSchema } from './schema';

const ENVIRONMENT_NAME = /^[a-z][a-z0-9-]{0,29}$/;

/**
 * Reads and checks `<directory>/*.toml`.
 *
 * @param directory folder of the configuration files
 * @param only name of the one environment wanted; the others are then only compared with it, and may be broken
 * @returns the environments in the order of their names
 * @throws ConfigurationError with every problem of every file concerned
 */
export function loadEnvironments(directory: string, only?: string): Environment[] {
  const names = existsSync(directory)
    ? readdirSync(directory)
        .filter((file) => file.endsWith('.toml'))
        .map((file) => file.slice(0, -'.toml'.length))
        .sort()
    : [];
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
  const wanted = results.filter(({ name }) => only === undefined || name === only);
  const environments = results.flatMap(({ environment }) => environment ?? []);
  const problems = [
    ...wanted.flatMap((result) => result.problems),
    ...conflicts(environments).filter(({ names: pair }) => only === undefined || pair.includes(only)),
  ].map(({ file, line, key, message }) => ({ file, line, key, message }));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return environments.filter(({ name }) => only === undefined || name === only);
}

interface LoadResult {
  readonly name: string;
  readonly problems: Problem[];
  readonly environment?: Environment;
}

function loadEnvironment(directory: string, name: string): LoadResult {
  const file = join(directory, `${name}.toml`);
  const text = readFileSync(file, 'utf8');
  const nameProblems: Problem[] = ENVIRONMENT_NAME.test(name)
    ? []
    : [
        {
          file,
          message: `the file's name is the environment's: found "${name}", allowed are up to 30 lower-case letters, digits and "-", beginning with a letter`,
        },
      ];
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '');
    const message = `not valid TOML at column ${error.column}: ${reason}`;
    return { name, problems: [...nameProblems, { file, line: error.line, message }] };
  }
  const result = environmentSchema.safeParse(raw);
  if (!result.success) {
    const problems = problemsOf(result.error.issues, file, text, raw, environmentJsonSchema());
    return { name, problems: [...nameProblems, ...problems] };
  }
  return { name, problems: nameProblems, environment: { ...result.data, name, file } };
}

/** What two environments cannot share on one engine. */
function conflicts(environments: readonly Environment[]): (Problem & { names: string[] })[] {
  const pairs = environments.flatMap((one, index) => environments.slice(index + 1).map((other) => [one, other] as const));
  return pairs.flatMap(([one, other]) => {
    if (one.engine.host !== other.engine.host) return [];
    const names = [one.name, other.name];
    const found: (Problem & { names: string[] })[] = [];
    if (overlap(parseSubnet(one.network.subnet), parseSubnet(other.network.subnet))) {
      found.push({
        names,
        file: other.file,
        key: 'network.subnet',
        message: `${other.network.subnet} overlaps ${one.network.subnet} of ${one.file} on the same engine; give one of them another private subnet`,
      });
    }
    for (const port of sharedPorts(one, other)) {
      found.push({
        names,
        file: other.file,
        key: 'load_balancer.bind_address',
        message: `${other.load_balancer.bind_address}:${port} is also published by ${one.file} on the same engine; give one of them another bind_address (127.0.0.2, …) or other ports`,
      });
    }
    return found;
  });
}

function sharedPorts(one: Environment, other: Environment): number[] {
  const addresses = [one.load_balancer.bind_address, other.load_balancer.bind_address];
  if (addresses[0] !== addresses[1] && !addresses.includes('0.0.0.0')) return [];
  const taken = [one.load_balancer.http_port, one.load_balancer.https_port];
  return [other.load_balancer.http_port, other.load_balancer.https_port].filter((port) => taken.includes(port));
}
