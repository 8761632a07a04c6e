import { createHash } from 'node:crypto';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
/** The plan itself holds the time at which it was made. */
const PLAN = 'tfplan';

/**
 * Names what a saved plan was made from: configuration, lock file, and the state before and after the refresh, which a saved plan, a zip
 * archive, holds beside the plan itself. Two plans from the same that change nothing say the same.
 *
 * @returns SHA-256, hexadecimal; undefined for any other file, such as an encrypted plan
 */
export function planInputsDigest(file: Buffer): string | undefined {
  const entries = zipEntries(file)?.filter(({ name }) => name !== PLAN);
  if (entries?.some(({ name }) => name === 'tfstate') !== true) return undefined;
  const hash = createHash('sha256');
  for (const { name, content } of entries) hash.update(`${name} ${content.length}\n`).update(content);
  return hash.digest('hex');
}

/** The files of a zip archive as they are stored, compressed or not. */
function zipEntries(file: Buffer): { name: string; content: Buffer }[] | undefined {
  const end = file.length - 22;
  if (end < 0 || file.readUInt32LE(end) !== END_OF_DIRECTORY) return undefined;
  const entries: { name: string; content: Buffer }[] = [];
  let at = file.readUInt32LE(end + 16);
  for (let left = file.readUInt16LE(end + 10); left > 0; left--) {
    if (file.readUInt32LE(at) !== DIRECTORY_ENTRY) return undefined;
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) => file.readUInt16LE(at + place)) as [
      number,
      number,
      number,
    ];
    const local = file.readUInt32LE(at + 42);
    const start = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
    entries.push({
      name: file.toString('utf8', at + 46, at + 46 + nameLength),
      content: file.subarray(start, start + file.readUInt32LE(at + 20)),
    });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}
