import { zipSync } from 'fflate';

/** A zip archive of these files, uncompressed and the same every time. */
export function zip(files: Readonly<Record<string, string>>): Buffer {
  const contents = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]);
  return Buffer.from(zipSync(Object.fromEntries(contents), { level: 0, mtime: new Date(2020, 0, 1) }));
}
