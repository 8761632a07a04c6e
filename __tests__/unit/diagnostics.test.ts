import { ConfigurationError, nearest, problemsOf } from '../../environment/diagnostics';
import { z } from '../../environment/zod';

describe('nearest', () => {
  const known = ['https_port', 'http_port', 'hostname', 'port_offset'];

  test.each([
    ['https_prot', 'https_port'],
    ['http_prot', 'http_port'],
    ['host_name', 'hostname'],
    ['hostnaem', 'hostname'],
    ['https_port', 'https_port'],
  ])('%s is meant to be %s', (word, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });

  test.each(['x', 'completely_different', 'memory_mb'])('nothing is near enough to %s', (word) => {
    expect(nearest(word, known)).toBeUndefined();
  });

  test('nothing is near where nothing is known', () => {
    expect(nearest('word', [])).toBeUndefined();
  });
});

/** The messages, each with its line and key, that a schema yields for a TOML text. */
function messages(shape: z.ZodRawShape, text: string, value: unknown): string[] {
  const schema = z.strictObject(shape);
  const result = schema.safeParse(value);
  if (result.success) return [];
  const json = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  return problemsOf(result.error.issues, 'x.toml', text, value, json).map(
    ({ line, key, message }) => `${line ?? '-'} ${key ?? '-'}: ${message}`,
  );
}

describe('messages', () => {
  test('a misspelt required key is one problem, not an unknown and a missing one', () => {
    const shape = { name: z.string(), size: z.int() };
    expect(messages(shape, 'nmae = "x"\nsize = 1', { nmae: 'x', size: 1 })).toEqual([
      '1 nmae: unknown key; did you mean "name"? (known: name, size)',
    ]);
  });

  test('a missing key says what it is for', () => {
    expect(messages({ name: z.string().describe('What people call it.') }, '', {})).toEqual([
      '- name: is required and missing; set it to a string (What people call it)',
    ]);
  });

  test('a missing table says which keys it needs', () => {
    const shape = { server: z.strictObject({ name: z.string(), size: z.int().default(1) }) };
    expect(messages(shape, '', {})).toEqual([
      '- server: is required and missing; add the table [server] with at least name',
    ]);
  });

  test.each([
    ['found 9, must be a whole number from 2 to 8', z.int().min(2).max(8), 9],
    ['found 2.5, must be a whole number of at least 2', z.int().min(2), 2.5],
    ['found 9, must be a whole number of at most 8', z.int().max(8), 9],
    ['found "12", must be a whole number; write it without quotes', z.int(), '12'],
    ['found "many", must be a whole number', z.int(), 'many'],
    ['found NaN, must be a whole number', z.int(), Number.NaN],
    ['found "true", must be true or false; write it without quotes', z.boolean(), 'true'],
    ['found 1, must be a string', z.string(), 1],
    ['found "", must not be empty', z.string().min(1), ''],
    ['found "four", must have at most 3 characters', z.string().max(3), 'four'],
    ['found "one", must be a list', z.array(z.string()), 'one'],
    ['found ["one"], must have at least 2 entries', z.array(z.string()).min(2), ['one']],
    ['found "one", must be a table', z.strictObject({ a: z.int() }), 'one'],
    ['found 3, must be a table', z.record(z.string(), z.string()), 3],
    ['found "cokie", must be one of "cookie", "none"; did you mean "cookie"?', z.enum(['cookie', 'none']), 'cokie'],
    ['found "sticky", must be one of "cookie", "none"', z.enum(['cookie', 'none']), 'sticky'],
    ['found [1], must be a string or true or false', z.union([z.string(), z.boolean()]), [1]],
    ['found "x", must be a path', z.string().regex(/^\//, { error: 'must be a path' }), 'x'],
    ['found "x", must be nice', z.string().refine(() => false, { error: 'must be nice' }), 'x'],
    ['collides with another', z.string().refine(() => false, { error: 'collides with another' }), 'x'],
  ])('%s', (message, schema, found) => {
    expect(messages({ value: schema as z.ZodType }, 'value = …', { value: found })).toEqual([`1 value: ${message}`]);
  });

  test('an entry of a list is named and found', () => {
    const text = 'paths = [\n  "/a",\n  "b",\n]';
    const shape = { paths: z.array(z.string().regex(/^\//, { error: 'must be a path' })) };
    expect(messages(shape, text, { paths: ['/a', 'b'] })).toEqual(['3 paths[1]: found "b", must be a path']);
  });

  test('an unknown key in a table of a list is compared with that table', () => {
    const text = '[[node]]\nname = "a"\n[[node]]\nnaem = "b"';
    const shape = { node: z.array(z.strictObject({ name: z.string() })) };
    expect(messages(shape, text, { node: [{ name: 'a' }, { naem: 'b' }] })).toEqual([
      '4 node[1].naem: unknown key; did you mean "name"? (known: name)',
    ]);
  });

  test('problems come in the order of the file', () => {
    const text = 'b = "x"\nzz = 1\na = "x"';
    expect(
      messages({ a: z.int(), b: z.int() }, text, { b: 'x', zz: 1, a: 'x' }).map((line) => line.slice(0, 3)),
    ).toEqual(['1 b', '2 z', '3 a']);
  });

  test('a long value is cut', () => {
    const [message] = messages({ value: z.int() }, '', { value: 'x'.repeat(500) });
    expect((message as string).length).toBeLessThan(140);
  });

  test.each(['password', 'admin_password', 'client_secret', 'token', 'credentials'])(
    'the value of %s is never shown, whatever is wrong with it',
    (key) => {
      for (const schema of [z.int(), z.string().max(3), z.enum(['a', 'b']), z.boolean()]) {
        const [message] = messages({ [key]: schema }, '', { [key]: 'hunter2' });
        expect(message).not.toContain('hunter2');
        expect(message).toContain('found a string');
      }
    },
  );

  test('the value of an unknown key is never shown', () => {
    expect(messages({ a: z.int().optional() }, '', { pass: 'hunter2' }).join()).not.toContain('hunter2');
  });
});

test('a configuration error reads as it stands: file, line, key, message, and a count at the end', () => {
  const error = new ConfigurationError([
    { file: 'config/a.toml', line: 3, key: 'load_balancer.hostname', message: 'is wrong' },
    { file: 'config/b.toml', message: 'is wrong, too' },
  ]);
  expect(error.message).toBe(
    'config/a.toml:3  load_balancer.hostname: is wrong\n' +
      'config/b.toml  is wrong, too\n' +
      '2 problems in the configuration; nothing was written',
  );
  expect(new ConfigurationError([{ file: 'a', message: 'b' }]).message).toMatch(/\n1 problem in the configuration;/);
});
