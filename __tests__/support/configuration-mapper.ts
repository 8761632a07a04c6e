import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { flatten, isTable, renderToml, type TomlTable, type TomlValue } from '../../catalogue/toml';
import { run } from '../../cli/setup/process';
import { identityFeature, kernelHome } from './product-parts';
import { partsOf } from './toml-paths';

/** What the product's mapper makes of one deployment.toml. */
export interface Rendered {
  /** Text of each file by its path below `repository/conf`. */
  readonly files: Readonly<Record<string, string>>;
  /** The questions to which the answer is no: other values change no file, and neither does leaving the keys out. */
  readonly unread: readonly string[];
}

export interface Rendering {
  readonly toml: TomlTable;
  /** Whether anything reads these keys, as `flatten` names them: one question for each set. */
  readonly questions: Readonly<Record<string, readonly string[]>>;
}

/**
 * Renders with the product's own configuration mapper, its kernel's templates and those of its identity part, in one Java
 * process. References to the environment get values that say where they come from: `$env{NAME}` becomes `value-of-NAME`.
 */
export async function renderWithProduct<Name extends string>(
  renderings: Readonly<Record<Name, Rendering>>,
): Promise<Readonly<Record<Name, Rendered>>> {
  const work = mkdtempSync(join(tmpdir(), 'configuration-mapper-'));
  try {
    const home = await kernelHome();
    const resources = await layResources(join(work, 'resources'), home);
    const names = Object.keys(renderings) as Name[];
    const folderOf = (name: Name) => join(work, 'renderings', String(names.indexOf(name)));
    for (const name of names) layRendering(folderOf(name), renderings[name]);
    const texts = names.map((name) => renderToml(renderings[name].toml)).join();
    const variables = [...texts.matchAll(/\$env\{(\w+)\}/g)].map(([, name]) => [name, `value-of-${name}`]);
    const classes = await compile(join(work, 'classes'), home);
    const java = ['-cp', [classes, join(home, 'lib', '*')].join(delimiter), 'org.wso2.config.mapper.Render'];
    await run('java', [...java, resources, join(work, 'renderings')], {
      // The kernel's logging makes a folder where it runs.
      cwd: work,
      env: { ...process.env, ...Object.fromEntries(variables) },
    });
    const rendered = names.map((name) => [name, readRendering(folderOf(name), renderings[name])]);
    return Object.fromEntries(rendered) as Record<Name, Rendered>;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The compiler that the kernel brings, so that a Java runtime is enough, which Maven needs anyway. */
async function compile(classes: string, home: string): Promise<string> {
  const plugins = join(home, 'repository', 'components', 'plugins');
  const compiler = readdirSync(plugins).find((file) => file.startsWith('org.eclipse.jdt.core.compiler.batch'));
  const mapper = readdirSync(join(home, 'lib')).find((file) => file.startsWith('config-mapper'));
  const source = join(__dirname, 'configuration-mapper', 'Render.java');
  await run('java', [
    '-jar',
    join(plugins, String(compiler)),
    '-11',
    '-d',
    classes,
    '-classpath',
    join(home, 'lib', String(mapper)),
    source,
  ]);
  return classes;
}

/** The mapper's data as the product has it: the kernel's, with the identity part's templates and its JSON merged over it. */
async function layResources(directory: string, home: string): Promise<string> {
  cpSync(join(home, 'repository', 'resources', 'conf'), directory, { recursive: true });
  const feature = await identityFeature();
  const templates = join(directory, 'templates', 'repository', 'conf', 'identity');
  mkdirSync(templates, { recursive: true });
  for (const file of readdirSync(feature)) {
    const [, data] = /\.feature\.([a-z-]+\.json)$/.exec(file) ?? [];
    if (file.endsWith('.j2')) cpSync(join(feature, file), join(templates, file));
    if (data !== undefined) {
      const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as TomlTable;
      const merged = mergeDeeply(read(join(directory, data)), read(join(feature, file)));
      writeFileSync(join(directory, data), JSON.stringify(merged));
    }
  }
  return directory;
}

function mergeDeeply(below: TomlTable, above: TomlTable): TomlTable {
  const merged: Record<string, TomlValue> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const before = merged[key];
    merged[key] = isTable(before) && isTable(value) ? mergeDeeply(before, value) : value;
  }
  return merged;
}

/** Texts that choose what is rendered, so that a mark in them would hide the others. */
const CHOICES = ['user_store.type', 'clustering.membership_scheme'];

function layRendering(folder: string, { toml, questions }: Rendering): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'deployment.toml'), renderToml(toml));
  const sets = Object.values(questions);
  const marks = new Map(sets.flatMap((keys, index) => keys.map((key) => [key, `(mark ${index})`])));
  for (const [index, keys] of sets.entries()) {
    const question = join(folder, 'questions', String(index).padStart(4, '0'));
    mkdirSync(question, { recursive: true });
    writeFileSync(join(question, 'mark'), `(mark ${index})`);
    writeFileSync(join(question, '1-changed.toml'), renderToml(changed(toml, keys, another)));
    writeFileSync(join(question, '2-removed.toml'), renderToml(changed(toml, keys, () => undefined)));
  }
  const marked = (value: TomlValue, key: string) =>
    typeof value === 'string' && !CHOICES.includes(key) ? `${value}${marks.get(key)}` : value;
  writeFileSync(join(folder, 'marked.toml'), renderToml(changed(toml, [...marks.keys()], marked)));
}

function readRendering(folder: string, { questions }: Rendering): Rendered {
  const root = join(folder, 'rendered', 'repository', 'conf');
  const paths = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = paths.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(root.length + 1), readFileSync(path, 'utf8')];
  });
  const asked = Object.keys(questions);
  const unread = readFileSync(join(folder, 'unread.txt'), 'utf8').split('\n').filter(Boolean);
  return { files: Object.fromEntries(files), unread: unread.map((index) => asked[Number(index)] as string) };
}

/** A copy of the table in which the values at these paths of `flatten` are others, or gone. */
function changed(
  toml: TomlTable,
  keys: readonly string[],
  other: (value: TomlValue, key: string) => TomlValue | undefined,
): TomlTable {
  const copy = structuredClone(toml);
  const gone: [TomlValue[], TomlValue][] = [];
  for (const key of keys) {
    const path = partsOf(key);
    // biome-ignore lint/suspicious/noExplicitAny: a path through tables and lists
    const holder = path.slice(0, -1).reduce((inner: any, part) => inner[part], copy);
    const last = path.at(-1) as string | number;
    const value = other(holder[last], key);
    if (value !== undefined) holder[last] = value;
    else if (Array.isArray(holder)) gone.push([holder, holder[last as number]]);
    else delete holder[last];
  }
  for (const [list, entry] of gone) list.splice(list.indexOf(entry), 1);
  return copy;
}

function another(value: TomlValue): TomlValue {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return /^\d+$/.test(value) ? String(Number(value) + 1) : `${value}-other`;
  return Array.isArray(value) ? [...value, 'other'] : { other: 'other' };
}

/** Key paths of a table, as `flatten` names them. */
export function keysOf(toml: TomlTable): string[] {
  return [...flatten(toml).keys()];
}
