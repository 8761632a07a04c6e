import { readFileSync, statSync } from 'node:fs';

/** Larger than any configuration; a parser's time and stack grow with what it is given. */
export const LARGEST_CONFIGURATION_BYTES = 256 * 1024;
/** Hundreds of certificates. */
export const LARGEST_AUTHORITIES_BYTES = 1024 * 1024;
/** Ten thousand certificates: a list travels through plans and the state as text. */
export const LARGEST_REVOCATIONS_BYTES = 512 * 1024;
/** Larger than the accelerator and any driver; what has twice this size cannot be read at once at all. */
export const LARGEST_ARCHIVE_BYTES = 1024 * 1024 * 1024;

/**
 * Reads a text file, unless it is none or too large.
 *
 * @throws an error with a code, as reading does: EFBIG, or EISDIR and the like; a pipe is not waited for
 */
export function readTextFile(path: string, largestBytes: number): string {
  const found = statSync(path);
  if (found.isFile() && found.size > largestBytes) throw Object.assign(new Error(path), { code: 'EFBIG' });
  if (!found.isFile() && !found.isDirectory()) throw Object.assign(new Error(path), { code: 'no file' });
  return readFileSync(path, 'utf8');
}
