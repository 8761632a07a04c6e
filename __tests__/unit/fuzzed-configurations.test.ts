import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { ConfigurationError } from '../../environment/diagnostics';
import { loadEnvironments } from '../../environment/load';
import { environmentJsonSchema } from '../../environment/schema';
import { randomNumbers } from '../support/random';
import { configurationDirectory, derived, PROJECT } from '../support/synth';

/**
 * The shipped configurations with values of every kind at one to three random keys. The seeds are fixed, so a failure comes again. `make fuzz`
 * does 10,000 of them.
 */
const MUTATIONS_PER_SEED = 300;
const SEEDS = Array.from(
  { length: Math.ceil(Number(process.env.MUTATIONS ?? 1200) / MUTATIONS_PER_SEED) },
  (_, index) => index + 1,
);

/** A value as it stands in TOML text. */
class Literal {
  constructor(readonly text: string) {}
}
type Tree = { [key: string]: unknown };

const LITERALS = [
  ...['{}', '[]', '[[]]', '[{}]', '[{ id = {} }]', '{ toString = {}, valueOf = {} }', '{ "" = 1, "a.b" = 2 }'],
  ...[
    '{ __proto__ = { a = 1 } }',
    '{ constructor = 1 }',
    '[1, "a", [{ b = 1979-05-27 }]]',
    `${'['.repeat(70)}${']'.repeat(70)}`,
  ],
  ...['1979-05-27', '07:32:00', '1979-05-27T07:32:00Z', '0000-01-01'],
  ...['0', '-1', '2', '443', '9080', '1e400', 'nan', '0.1', '9007199254740992', 'true'],
  ...['""', '"x"', '"__proto__"', '"toString"', '"a\\u0000/x.jar"', '"\\u001b[31m"', '"."', '"a.b"', '"[::1]"'],
  ...[
    '"10.0.0.0/16"',
    '"../x.pem"',
    '"none.pem"',
    '"folder.pem"',
    '"folder.jar"',
    '"ssh://@"',
    '"g:a:1"',
    '"sandbox"',
    '"s3"',
  ],
  ...[
    '[{ node = 1, deployment_toml = { server = 1 } }]',
    '[{ node = 9, deployment_toml = { a = {} } }]',
    '[{ rule = {} }]',
  ],
].map((text) => new Literal(text));

const PATHS = [
  ...keyPaths(environmentJsonSchema() as Schema),
  ...['__proto__', 'toString', 'engine.toString', 'state.settings.key', 'state.settings.address'].map((path) =>
    path.split('.'),
  ),
  ...['datasource', 'server', 'database.identity_db.url', '__proto__.a', 'a.password', 'transport.http'].map((path) => [
    'identity_server',
    'deployment_toml',
    ...path.split('.'),
  ]),
];

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

function keyPaths({ properties = {} }: Schema): string[][] {
  return Object.entries(properties).flatMap(([key, inner]) => [
    [key],
    ...keyPaths(inner).map((path) => [key, ...path]),
  ]);
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Literal);
}

/** The tree with one value set; what is in its way is replaced. */
function withLiteral(tree: unknown, [key, ...rest]: readonly string[], literal: Literal): unknown {
  if (key === undefined) return literal;
  const around = isTree(tree) ? Object.entries(tree).filter(([other]) => other !== key) : [];
  const below = isTree(tree) && Object.hasOwn(tree, key) ? tree[key] : undefined;
  return Object.fromEntries([...around, [key, withLiteral(below, rest, literal)]]);
}

function tomlOf(value: unknown): string {
  if (value instanceof Literal) return value.text;
  if (!isTree(value)) return JSON.stringify(value);
  return `{ ${pairsOf(value).join(', ')} }`;
}

function pairsOf(tree: Tree): string[] {
  return Object.entries(tree).map(([key, value]) => `${JSON.stringify(key)} = ${tomlOf(value)}`);
}

const SHIPPED = readdirSync(join(PROJECT, 'config'))
  .filter((file) => file.endsWith('.toml'))
  .map((file) => parse(readFileSync(join(PROJECT, 'config', file), 'utf8')));

test.each(SEEDS)('every mutated configuration is accepted or refused with a message (seed %d)', (seed) => {
  const random = randomNumbers(seed);
  const pick = <T>(all: readonly T[]) => all[random(all.length)] as T;
  const directory = configurationDirectory({ 'folder.pem/file': '', 'folder.jar/file': '' });
  const outcomes = { accepted: 0, refused: 0 };
  for (let turn = 0; turn < MUTATIONS_PER_SEED; turn++) {
    const mutated = Array.from({ length: 1 + random(3) }).reduce<unknown>(
      (tree) => withLiteral(tree, pick(PATHS), pick(LITERALS)),
      pick(SHIPPED),
    );
    const text = pairsOf(mutated as Tree).join('\n');
    writeFileSync(join(directory, 'bank.toml'), text);
    try {
      for (const environment of loadEnvironments(directory)) derived(environment);
      outcomes.accepted++;
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw new Error(`no message about\n${text}`, { cause: error });
      expect(error.message).not.toMatch(/\[object|undefined|[Ii]nvalid input|[^\P{Cc}\n]|\p{Cf}/u);
      outcomes.refused++;
    }
  }
  expect(outcomes.accepted).toBeGreaterThan(0);
  expect(outcomes.refused).toBeGreaterThan(100);
});
