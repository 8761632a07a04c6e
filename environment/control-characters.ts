import { isTable } from '../catalogue/toml';
import type { TomlPath } from './toml-lines';

/** Characters that move a cursor, turn the direction of writing, or begin a line; a reviewer does not see what they do. */
const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
/** Text of the server's own configuration may have lines. */
const INVISIBLE_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/u;

/** Text as a person sees it: what is invisible is written as an escape. */
export function visible(text: string): string {
  return escaped(text, INVISIBLE);
}

/** The same for text of several lines. */
export function visibleLines(text: string): string {
  return escaped(text, INVISIBLE_BUT_LINES);
}

/** What in a parsed configuration holds invisible characters: keys wherever they are, and text. */
export function invisibleText(value: unknown, path: TomlPath = []): { path: TomlPath; message: string }[] {
  if (typeof value === 'string') {
    const pattern = path.includes('deployment_toml') ? INVISIBLE_BUT_LINES : INVISIBLE;
    const found = pattern.exec(value)?.[0];
    return found === undefined
      ? []
      : [{ path, message: `holds ${nameOf(found)}, which a reviewer does not see; remove it` }];
  }
  if (Array.isArray(value)) return value.flatMap((entry, index) => invisibleText(entry, [...path, index]));
  if (!isTable(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const found = INVISIBLE.exec(key)?.[0];
    const own =
      found === undefined
        ? []
        : [
            {
              path: [...path, key],
              message: `the key holds ${nameOf(found)}, which a reviewer does not see; remove it`,
            },
          ];
    return [...own, ...invisibleText(inner, [...path, key])];
  });
}

function nameOf(character: string): string {
  return `the character U+${codeOf(character).toUpperCase()}`;
}

function escaped(text: string, pattern: RegExp): string {
  return text.replace(new RegExp(pattern, 'gu'), (character) => `\\u${codeOf(character)}`);
}

function codeOf(character: string): string {
  return (character.codePointAt(0) as number).toString(16).padStart(4, '0');
}
