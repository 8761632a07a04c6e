import { readTextFile } from './limits';

/**
 * Reads a file of what authorities publish. One with a private key is refused: it must reach neither a generated file nor a message.
 *
 * @param what is in it, for messages: "the certificates"
 */
export function readPemFile(
  path: string,
  what: string,
  largestBytes: number,
): { readonly text: string } | { readonly problems: readonly string[] } {
  let text: string;
  try {
    text = readTextFile(path, largestBytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return {
      problems: [
        code === 'ENOENT'
          ? `there is no such file; put ${what} there, in PEM form, or name the file that has them`
          : `the file cannot be read (${code})`,
      ],
    };
  }
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    return {
      problems: [
        `the file holds a private key, which belongs to nobody but the authority; give ${what} alone, and have a key that was committed replaced`,
      ],
    };
  }
  return { text };
}
