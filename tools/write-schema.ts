import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentJsonSchema } from '../environment/schema';

/** The published JSON Schema, which the `#:schema` line of every configuration file names. */
export const SCHEMA_FILE = join(__dirname, '..', 'config', 'environment.schema.json');

const LINE_WIDTH = 120;

/** The schema as it is committed: keys sorted, so that moving code changes nothing, and formatted as the formatter wants it. */
export function renderSchema(): string {
  const text = JSON.stringify(sorted(environmentJsonSchema()), null, 2);
  const joined = text.replace(/^.*\[[^[\]{}]+\],?$/gm, (list) => {
    const line = list
      .replace(/\n\s+/g, ' ')
      .replace('[ ', '[')
      .replace(/ \](,?)$/, ']$1');
    return line.length <= LINE_WIDTH ? line : list;
  });
  return `${joined}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

if (require.main === module) writeFileSync(SCHEMA_FILE, renderSchema());
