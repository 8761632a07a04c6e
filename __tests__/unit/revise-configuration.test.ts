import { withNumber } from '../../cli/revise-configuration';

const raised = (toml: string) => withNumber(toml, 'database', 'password_revision', 2);

test.each([
  [
    'a table',
    '# ours\n[database] # shared\nhost = "db"\n\n[x]\na = 1\n',
    '# ours\n[database] # shared\npassword_revision = 2\nhost = "db"\n\n[x]\na = 1\n',
  ],
  [
    'a value that is there',
    '[database]\npassword_revision = 1  # last spring\n',
    '[database]\npassword_revision = 2  # last spring\n',
  ],
  [
    'an inline table',
    'database = { host = "db" } # why\n',
    'database = { password_revision = 2, host = "db" } # why\n',
  ],
  [
    'an inline value',
    'database = { host = "db", password_revision = 1 }\n',
    'database = { host = "db", password_revision = 2 }\n',
  ],
  [
    'a dotted key',
    'database.password_revision = 1\ndatabase.host = "db"\n',
    'database.password_revision = 2\ndatabase.host = "db"\n',
  ],
  ['no table at all', '[x]\na = 1\n', '[x]\na = 1\n\n[database]\npassword_revision = 2\n'],
])('the revision is raised in %s, and everything else stays, comments included', (_, before, after) => {
  expect(raised(before)).toBe(after);
});

test.each([
  ['dotted keys without it', 'database.host = "db"\n'],
  ['the same words in a text', 'a = """\n[database]\n"""\ndatabase.host = "db"\n'],
])('%s: a person has to write it', (_, toml) => {
  expect(raised(toml)).toBeUndefined();
});

test('a key of the same name in another table is left alone', () => {
  expect(raised('[other]\npassword_revision = 7\n[database]\nhost = "db"\n')).toBe(
    '[other]\npassword_revision = 7\n[database]\npassword_revision = 2\nhost = "db"\n',
  );
});
