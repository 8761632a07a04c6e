import { stringify } from 'smol-toml';

export type TomlValue = string | number | boolean | TomlValue[] | TomlTable;
export interface TomlTable {
  readonly [key: string]: TomlValue;
}

export function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Later tables into earlier ones, table by table; where both have a value, the later wins, lists as a whole. */
export function merge(...tables: readonly TomlTable[]): TomlTable {
  const merged: Record<string, TomlValue> = {};
  for (const [key, value] of tables.flatMap((table) => Object.entries(table))) {
    const below = merged[key];
    merged[key] = isTable(below) && isTable(value) ? merge(below, value) : value;
  }
  return merged;
}

/** The table with one value set at a dotted path. */
export function withValue(table: TomlTable, path: string, value: TomlValue): TomlTable {
  const nested = path.split('.').reduceRight<TomlValue>((inner, key) => ({ [key]: inner }), value);
  return merge(table, nested as TomlTable);
}

/**
 * Every value under its full path, in the order of the document: `oauth.dcr.ssa_jkws`, `resource.access_control[0].context`.
 * Lists of tables are walked, other lists are values; keys that contain a dot are quoted, as in TOML.
 */
export function flatten(table: TomlTable): Map<string, TomlValue> {
  const flat = new Map<string, TomlValue>();
  const walk = (value: TomlValue, path: string) => {
    if (isTable(value) && Object.keys(value).length > 0) {
      for (const [key, inner] of Object.entries(value)) {
        const part = /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
        walk(inner, path === '' ? part : `${path}.${part}`);
      }
    } else if (Array.isArray(value) && value.length > 0 && value.every(isTable)) {
      for (const [index, inner] of value.entries()) walk(inner, `${path}[${index}]`);
    } else {
      flat.set(path, value);
    }
  };
  walk(table, '');
  return flat;
}

/** The text of a deployment.toml. */
export function renderToml(table: TomlTable): string {
  return `# Generated. Change the environment's TOML file instead.\n${stringify(table)}\n`;
}
