import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A script that runs in a container, as it stands in `runtime/`. */
export function runtimeFile(path: string): string {
  return readFileSync(join(__dirname, '..', 'runtime', path), 'utf8');
}
