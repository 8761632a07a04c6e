import { accessSync, closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { LARGEST_ARCHIVE_BYTES } from './limits';

const END_OF_DIRECTORY = 0x06054b50;
const ENTRY = 0x02014b50;
const END_LENGTH = 22;
const ENTRY_LENGTH = 46;
const LONGEST_COMMENT = 0xffff;

/** Whether there is a file, not a folder, that may be read. No path makes this throw, also none that no file could have. */
export function isReadableFile(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Names of the files in a jar or another zip archive, as its directory lists them.
 *
 * @param path relative to the working directory
 * @returns undefined where there is no file, or one that is no such archive
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.12 and 4.3.16
 */
export function archiveEntries(path: string): string[] | undefined {
  if (!isReadableFile(path) || statSync(path).size > LARGEST_ARCHIVE_BYTES) return undefined;
  const bytes = readFileSync(path);
  const first = Math.max(0, bytes.length - END_LENGTH - LONGEST_COMMENT);
  let end = bytes.length - END_LENGTH;
  while (end >= first && bytes.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < first) return undefined;
  const names: string[] = [];
  let place = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    if (place + ENTRY_LENGTH > end || bytes.readUInt32LE(place) !== ENTRY) return undefined;
    const length = (offset: number) => bytes.readUInt16LE(place + offset);
    const after = place + ENTRY_LENGTH + length(28);
    names.push(bytes.toString('utf8', place + ENTRY_LENGTH, after));
    place = after + length(30) + length(32);
  }
  return names;
}

/** Whether a file is there and a zip. @param path relative to the working directory */
export function isArchive(path: string): boolean {
  if (!isReadableFile(path) || statSync(path).size > LARGEST_ARCHIVE_BYTES) return false;
  const file = openSync(path, 'r');
  try {
    const beginning = Buffer.alloc(2);
    return readSync(file, beginning) === 2 && beginning.toString('latin1') === 'PK';
  } finally {
    closeSync(file);
  }
}
