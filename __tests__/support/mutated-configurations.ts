import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { environmentJsonSchema } from '../../environment/schema';
import type { Topology } from '../../topology/topology';
import { anywhere, parseNginxConf } from './nginx';
import { Random } from './random';
import { PROJECT } from './synth';

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
    '"192.0.2.0/16"',
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
  // What is right somewhere, so that more is accepted.
  ...[
    ...[
      '1000',
      '20000',
      '8443',
      '3',
      'false',
      '"none"',
      '"is.bank.example"',
      '"127.0.0.2"',
      '"192.0.2.0/24"',
      '"/x"',
      '"supplied"',
    ],
    ...[
      '["/x", "/y.z~/"]',
      '["/carbon"]',
      '{ requests = 7, networks = [{ network = "198.51.100.0/24", requests = 9 }] }',
    ],
    ...[
      '{ requests_per_second = 3 }',
      '[{ network = "203.0.113.0/24", requests = 7 }]',
      '[{ network = "203.0.113.7/32", requests_per_second = 1 }]',
    ],
  ],
  // Each is an order to whoever reads it as his own language: Terraform, a shell, Nginx, TOML, XML, templates.
  ...[
    `"$\{evil}"`,
    '"%{evil}"',
    '"$(evil)"',
    '"`evil`"',
    '"\'; evil; \'"',
    '"\\"; evil; \\""',
    '"x; evil on; #"',
    '"/x{} evil on;"',
  ],
  ...[
    '"</evil><evil>"',
    '"x\\\\n[evil]"',
    '"{{ evil }}"',
    '"x\\" evil = \\"y"',
    '["$(evil)", "; evil;"]',
    `{ a = "$\{evil}" }`,
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

/**
 * The shipped configurations with values of every kind at one to three random keys.
 *
 * @param seed the same one gives the same texts
 * @param table only keys below this one, such as "load_balancer.". @default - all
 */
export function mutatedConfigurations(seed: number, count: number, table = ''): string[] {
  const random = new Random(seed);
  const paths = PATHS.filter((path) => `${path.join('.')}.`.startsWith(table));
  return Array.from({ length: count }, () => {
    const mutated = Array.from({ length: 1 + random.below(3) }).reduce<unknown>(
      (tree) => withLiteral(tree, random.pick(paths), random.pick(LITERALS)),
      random.pick(SHIPPED),
    );
    return pairsOf(mutated as Tree).join('\n');
  });
}

/** What a message about a refused configuration must not hold: remains of programs, and characters that a terminal obeys. */
export const NO_MESSAGE = /\[object|undefined|[Ii]nvalid input|[^\P{Cc}\n]|\p{Cf}/u;

/** Where text of a configuration would be done instead of being read: orders in its values are called "evil". */
export function activeText(topology: Topology): string[] {
  const { jobs, nodes, loadBalancer } = topology;
  const scripts: [string, string | undefined][] = [
    ...Object.entries(jobs).flatMap(([name, job]): [string, string | undefined][] =>
      job === undefined
        ? []
        : 'script' in job
          ? [[name, job.script]]
          : [
              [`${name} scripts`, job.scripts.script],
              [name, job.run.script],
            ],
    ),
    ...[...nodes, loadBalancer].flatMap(({ containerName, entrypoint, health }): [string, string][] => [
      [containerName, entrypoint.join(' ')],
      [`${containerName}'s health`, health.command.join(' ')],
    ]),
    ...Object.entries(loadBalancer.configuration.files).filter(([name]) => name !== 'nginx.conf'),
  ];
  const directives = anywhere(parseNginxConf(loadBalancer.configuration.files['nginx.conf'] ?? ''), 'evil');
  const files = nodes
    .flatMap(({ files }) => Object.entries(files))
    .filter(([path, text]) => (path.endsWith('.toml') ? 'evil' in parse(text) : text.includes('evil')));
  return [
    ...scripts.filter(([, script]) => script?.includes('evil')).map(([name]) => name),
    ...directives.map(() => 'nginx.conf'),
    ...files.map(([path]) => path),
  ];
}
