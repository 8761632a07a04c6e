import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';
import { isTable, type TomlTable } from '../catalogue/toml';

/**
 * The text of a configuration with a whole number set to another value, everything else as it was, comments included.
 *
 * @returns undefined where the place for it is not plain; then a person has to write it
 */
export function withNumber(toml: string, table: string, key: string, value: number): string | undefined {
  // Cloned, as the parser's tables have no prototype and would equal none of ours.
  const wanted = structuredClone(withKey(parse(toml) as TomlTable, table, key, value));
  const header = new RegExp(`^[ \\t]*\\[${table}\\][ \\t]*(?:#.*)?$`, 'm');
  const candidates = [
    toml.replace(new RegExp(`^([ \\t]*(?:${table}\\.)?${key}[ \\t]*=[ \\t]*)\\d+`, 'm'), `$1${value}`),
    toml.replace(new RegExp(`^([ \\t]*${table}[ \\t]*=[ \\t]*\\{.*?\\b${key}[ \\t]*=[ \\t]*)\\d+`, 'm'), `$1${value}`),
    toml.replace(header, `$&\n${key} = ${value}`),
    toml.replace(new RegExp(`^([ \\t]*${table}[ \\t]*=[ \\t]*\\{)`, 'm'), `$1 ${key} = ${value},`),
    `${toml.trimEnd()}\n\n[${table}]\n${key} = ${value}\n`,
  ];
  return candidates.find((candidate) => {
    try {
      return isDeepStrictEqual(structuredClone(parse(candidate)), wanted);
    } catch {
      return false;
    }
  });
}

function withKey(document: TomlTable, table: string, key: string, value: number): TomlTable {
  const { [table]: existing } = document;
  return { ...document, [table]: { ...(isTable(existing) ? existing : {}), [key]: value } };
}

/** Writes a file that is there again, whole or not at all: a full disk leaves it as it was. */
export function writeWhole(file: string, text: string): void {
  const beside = `${file}.new`;
  try {
    writeFileSync(beside, text, { mode: statSync(file).mode });
    renameSync(beside, file);
  } finally {
    rmSync(beside, { force: true, recursive: true });
  }
}
