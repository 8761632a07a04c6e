import type { TomlTable, TomlValue } from '../../catalogue/toml';

/** The steps of a path as `flatten` writes it: keys, and places in lists. */
export function partsOf(path: string): (string | number)[] {
  return [...path.matchAll(/"((?:[^"\\]|\\.)*)"|\[(\d+)\]|([A-Za-z0-9_-]+)/g)].map(([, quoted, index, plain]) =>
    index !== undefined ? Number(index) : ((quoted ?? plain) as string),
  );
}

/** The table of which `flatten` makes these paths and values. */
export function unflatten(flat: Iterable<readonly [string, TomlValue]>): TomlTable {
  const root = {};
  for (const [path, value] of flat) {
    const parts = partsOf(path);
    // biome-ignore lint/suspicious/noExplicitAny: a path through tables and lists
    let holder: any = root;
    for (const [depth, part] of parts.slice(0, -1).entries()) {
      holder[part] ??= typeof parts[depth + 1] === 'number' ? [] : {};
      holder = holder[part];
    }
    holder[parts.at(-1) as string | number] = value;
  }
  return root;
}
