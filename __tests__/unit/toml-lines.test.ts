import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { type TomlPath, tomlLines } from '../../environment/toml-lines';
import { PROJECT } from '../support/synth';

const DOCUMENT = `# comment = 1 [not.a.table]
top = 1

[table]
plain = "x = [1] # no comment"
'quoted.key' = 2
"with space" = 3
dotted.inner.key = true
date = 1979-05-27 07:32:00 # a space inside the value
list = [
  "one", # ] }
  [1, 2],
  { inner = "three",
    other = 4 },
]
text = """
fake = 1
[fake.table]
\\""" still inside """
literal = '''
fake = 2'''
inline = { a = 1, b = { c = [10,
  20] } }

[table.sub]
key = 1

[[server]]
name = "first"
  [server.limits]
  memory = 1

[[server]]
name = "second"
  [server.limits]
  memory = 2
  [[server.disk]]
  size = 1
  [[server.disk]]
  size = 2
`;

/** The line in which a text stands for the only, or the n-th, time. */
function lineWith(text: string, occurrence = 1): number {
  const lines = DOCUMENT.split('\n').flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
  return lines[occurrence - 1] as number;
}

test.each<[TomlPath, number]>([
  [['top'], 2],
  [['table'], 4],
  [['table', 'plain'], lineWith('plain')],
  [['table', 'quoted.key'], lineWith('quoted.key')],
  [['table', 'with space'], lineWith('with space')],
  [['table', 'dotted', 'inner', 'key'], lineWith('dotted')],
  [['table', 'dotted', 'inner'], lineWith('dotted')],
  [['table', 'date'], lineWith('date')],
  [['table', 'list'], lineWith('list')],
  [['table', 'list', 0], lineWith('"one"')],
  [['table', 'list', 1], lineWith('[1, 2]')],
  [['table', 'list', 2], lineWith('inner = ')],
  [['table', 'list', 2, 'other'], lineWith('other')],
  [['table', 'text'], lineWith('text')],
  [['table', 'literal'], lineWith('literal')],
  [['table', 'inline', 'b', 'c', 0], lineWith('inline')],
  [['table', 'inline', 'b', 'c', 1], lineWith('20]')],
  [['table', 'sub', 'key'], lineWith('key = 1')],
  [['server', 0], lineWith('[[server]]')],
  [['server', 0, 'limits', 'memory'], lineWith('memory = 1')],
  [['server', 1, 'name'], lineWith('second')],
  [['server', 1, 'limits', 'memory'], lineWith('memory = 2')],
  [['server', 1, 'disk', 1, 'size'], lineWith('size = 2')],
])('%j is in line %d', (path, line) => {
  expect(tomlLines(DOCUMENT)(path)).toBe(line);
});

test('a missing key is looked up where its table is', () => {
  expect(tomlLines(DOCUMENT)(['table', 'sub', 'missing'])).toBe(lineWith('[table.sub]'));
  expect(tomlLines(DOCUMENT)(['server', 1, 'missing'])).toBe(lineWith('[[server]]', 2));
  expect(tomlLines(DOCUMENT)(['nowhere', 'missing'])).toBeUndefined();
  expect(tomlLines(DOCUMENT)([])).toBeUndefined();
});

test('Windows line ends change nothing', () => {
  const lineOf = tomlLines(DOCUMENT.replaceAll('\n', '\r\n'));
  expect(lineOf(['server', 1, 'disk', 1, 'size'])).toBe(lineWith('size = 2'));
  expect(lineOf(['table', 'literal'])).toBe(lineWith('literal'));
});

test.each(['', '=', '[', 'a = [', '"""', '}', 'a.b.', '\n\n# only a comment'])('%j does not hang', (text) => {
  expect(tomlLines(text)(['x'])).toBeUndefined();
});

test.each(readdirSync(join(PROJECT, 'config')).filter((file) => file.endsWith('.toml')))(
  'every key of %s is found in the line where it stands',
  (file) => {
    const text = readFileSync(join(PROJECT, 'config', file), 'utf8');
    const lineOf = tomlLines(text);
    const check = (value: unknown, path: string[]) => {
      for (const [key, inner] of Object.entries(value as object)) {
        const line = lineOf([...path, key]);
        expect([path, text.split('\n')[(line ?? 0) - 1]]).toEqual([path, expect.stringContaining(key)]);
        if (typeof inner === 'object' && !Array.isArray(inner)) check(inner, [...path, key]);
      }
    };
    check(parse(text), []);
  },
);
