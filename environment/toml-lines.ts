/** Path of a key or of a list's entry, from the document's root. */
export type TomlPath = readonly PropertyKey[];

/**
 * Looks up the line, from 1, of a key or list entry. Where the path is not in the document, the line of the nearest table
 * around it; undefined where not even that is there.
 */
export type TomlLines = (path: TomlPath) => number | undefined;

const BLANK = /(?:\s|#[^\n]*)*/y;
const KEY = /[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'/y;
const DOT = /[ \t]*\.[ \t]*/y;
const STRING = /"""(?:\\[\s\S]|(?!""")[^\\])*"{3,5}|'''(?:(?!''')[\s\S])*'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'/y;
const OTHER_VALUE = /[^,\]}#\n]+/y;

/** Finds the lines in a TOML document that a parser has accepted; the parser itself does not keep them. */
export function tomlLines(text: string): TomlLines {
  const lines = new Map<string, number>();
  const entries = new Map<string, number>();
  let position = 0;
  let line = 1;

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) {
      position += found.length;
      line += found.split('\n').length - 1;
    }
    return found;
  };
  const skip = (sign: string): boolean => {
    take(BLANK);
    if (!text.startsWith(sign, position)) return false;
    position += sign.length;
    return true;
  };
  const record = (path: TomlPath) => {
    // Whatever is around a place that is known is known, too.
    for (let length = path.length; length > 0; length--) {
      const key = keyOf(path.slice(0, length));
      if (lines.has(key)) break;
      lines.set(key, line);
    }
  };
  const takeKey = (): string[] => {
    take(BLANK);
    const parts: string[] = [];
    do parts.push((take(KEY) ?? '').replace(/^(["'])(.*)\1$/, '$2'));
    while (take(DOT) !== undefined);
    return parts;
  };
  const takePair = (table: TomlPath) => {
    const path = [...table, ...takeKey()];
    record(path);
    skip('=');
    takeValue(path);
  };
  const takeValue = (path: TomlPath) => {
    take(BLANK);
    if (skip('[')) {
      for (let index = 0; position < text.length && !skip(']'); index++) {
        record([...path, index]);
        takeValue([...path, index]);
        skip(',');
      }
    } else if (skip('{')) {
      while (position < text.length && !skip('}')) {
        takePair(path);
        skip(',');
      }
    } else if (take(STRING) === undefined) {
      take(OTHER_VALUE);
    }
  };
  /** `[a.b]` below `[[a]]` belongs to the entry of `a` that was begun last. */
  const resolved = (header: readonly string[]): TomlPath => {
    const path: PropertyKey[] = [];
    for (const part of header) {
      path.push(part);
      const index = entries.get(keyOf(path));
      if (index !== undefined) path.push(index);
    }
    return path;
  };

  let table: TomlPath = [];
  take(BLANK);
  while (position < text.length) {
    const before = position;
    if (skip('[[')) {
      const header = takeKey();
      const list = [...resolved(header.slice(0, -1)), header.at(-1) as string];
      entries.set(keyOf(list), (entries.get(keyOf(list)) ?? -1) + 1);
      table = resolved(header);
      record(table);
      skip(']]');
    } else if (skip('[')) {
      table = resolved(takeKey());
      record(table);
      skip(']');
    } else {
      takePair(table);
    }
    take(BLANK);
    if (position === before) break;
  }

  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const found = lines.get(keyOf(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function keyOf(path: TomlPath): string {
  return JSON.stringify(path.map(String));
}
