import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderSchema, SCHEMA_FILE } from '../../tools/write-schema';
import { type Json, PROJECT } from '../support/synth';

const REGENERATE = 'npx tsx tools/write-schema.ts';

test(`config/environment.schema.json is up to date; if not, run: ${REGENERATE}`, () => {
  const isFresh = readFileSync(SCHEMA_FILE, 'utf8') === renderSchema();
  expect(isFresh ? 'up to date' : `out of date; run: ${REGENERATE}`).toBe('up to date');
});

test.each(readdirSync(join(PROJECT, 'config')).filter((file) => file.endsWith('.toml')))(
  '%s begins with the line that gives editors the schema',
  (file) => {
    const [first] = readFileSync(join(PROJECT, 'config', file), 'utf8').split('\n');
    expect(first).toBe('#:schema ./environment.schema.json');
  },
);

describe('the schema', () => {
  const schema: Json = JSON.parse(renderSchema());
  const tables = Object.entries<Json>({ '': schema, ...schema.properties }).filter(([, node]) => node.properties);

  test('is Draft 7, which the TOML plug-ins of editors understand', () => {
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
  });

  test.each(tables)('refuses unknown keys in table %p', (_, table) => {
    expect(table.additionalProperties).toBe(false);
  });

  test.each(tables.slice(1))('says of every key in table %p what it is', (_, table) => {
    for (const [key, { description }] of Object.entries<Json>(table.properties)) {
      expect([key, description]).toEqual([key, expect.stringMatching(/^\S.*\.$/)]);
    }
  });

  test('requires only what has no default', () => {
    for (const [, { required = [], properties }] of tables) {
      for (const key of required) expect(properties[key]).not.toHaveProperty('default');
    }
  });
});
