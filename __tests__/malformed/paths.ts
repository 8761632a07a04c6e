import type { Random } from '../support/random';

/** Ways to write a denied path, or something near it, that a server may take for it. Every result is a request target in Latin-1. */
export function trickyTarget(random: Random, denied: readonly string[], hostname: string): string {
  let path = random.pick(denied) + random.pick(['', '', '/x', '/admin/login_action.jsp', '/x.y', '/']);
  for (let turns = 1 + random.below(3); turns > 0; turns--) path = random.pick(TRICKS)(path, random);
  return random.pick(FORMS)(path, hostname);
}

type Trick = (path: string, random: Random) => string;

const hex = (code: number) => `%${code.toString(16).padStart(2, '0')}`;
const percent = (letter: string) => hex(letter.charCodeAt(0));

/** Some of the letters, or all, written by another function. */
function letters(path: string, random: Random, write: (letter: string) => string, which = /[a-z]/g): string {
  const all = random.once(3);
  return path.replace(which, (letter) => (all || random.once(3) ? write(letter) : letter));
}

/** A character below 128 in more bytes than UTF-8 has for it. */
function overlong(letter: string, random: Random): string {
  const code = letter.charCodeAt(0);
  return random.once(2)
    ? hex(0xc0 | (code >> 6)) + hex(0x80 | (code & 0x3f))
    : `%e0${hex(0x80 | (code >> 6))}${hex(0x80 | (code & 0x3f))}`;
}

/** Something put behind one of the slashes, or before one. */
function atSlash(path: string, random: Random, text: string): string {
  const slashes = [...path.matchAll(/\//g)].map(({ index }) => index);
  const at = (slashes.length === 0 ? 0 : random.pick(slashes)) + random.below(2);
  return path.slice(0, at) + text + path.slice(at);
}

const TRICKS: readonly Trick[] = [
  (path, random) => letters(path, random, percent),
  (path, random) => letters(path, random, (letter) => percent(letter).toUpperCase()),
  (path, random) => letters(path, random, (letter) => percent(letter).replace('%', '%25')),
  (path, random) => letters(path, random, (letter) => percent(letter).replace('%', '%2525')),
  (path, random) => letters(path, random, (letter) => letter.toUpperCase()),
  (path, random) => letters(path, random, (letter) => overlong(letter, random), /[a-z/.]/g),
  (path, random) => letters(path, random, (letter) => `%u00${percent(letter).slice(1)}`, /[a-z/]/g),
  // The same letter in full width, of which a server that folds characters makes an ordinary one.
  (path, random) => letters(path, random, (letter) => `%ef%bd${hex(0x80 + letter.charCodeAt(0) - 0x60)}`),
  (path, random) =>
    letters(
      path,
      random,
      () => random.pick(['//', '\\', '%2f', '%2F', '%5c', '%5C', '/./', '/;/', '%252f', '/%2e/']),
      /\//g,
    ),
  (path, random) =>
    atSlash(path, random, random.pick([';', ';x', ';x=1', ';jsessionid=1', '%3b', '%3Bx', ';x;y', ';..', ';%2f'])),
  (path, random) =>
    atSlash(
      path,
      random,
      random.pick([
        '\0',
        '\t',
        ' ',
        '\x0b',
        '\x7f',
        '\x85',
        '\xa0',
        '%00',
        '%09',
        '%0a',
        '%0d%0a',
        '%20',
        '%7f',
        '%',
        '%2',
        '%zz',
      ]),
    ),
  (path, random) =>
    random.pick([
      '/.',
      '/..',
      '/a/..',
      '/a/b/../..',
      '/a/..;',
      '/a/..;x',
      '/%2e',
      '/%2e%2e',
      '/a/.%2e',
      '/a/%2E.',
      '/a%2f..',
      '/a\\..',
      '/a/..%2f',
      '/a/..%00',
      '/..%5c',
      '/a/.;/..',
      '/a/...',
      '/%252e%252e',
    ]) + path,
  (path, random) =>
    random.pick(['/', '//', '/;', '/;x', '/;x;y', '/%3bx', '/.;x', '\\', '/\\', '/%20', '/;a=b/c/..']) + path,
  (path, random) =>
    random.pick([
      '/t/carbon.super',
      '/t/bank.example',
      '/o',
      '/o/10084a8d',
      '/t/a/o/b',
      '/T/a',
      '/%74/a',
      '/t/a;x',
      '/t/',
      '/o/;/b',
      '/t/a/t/b',
      '/o/a/o/b',
      '/t/a/..',
      '/t//a',
    ]) + path,
  (path, random) =>
    path +
    random.pick([
      '/',
      ';',
      ';/',
      '%00',
      '.',
      '%20',
      '?',
      '?/../x',
      '#x',
      '/..;/',
      '/../x',
      '/.',
      '//',
      '\\',
      '~',
      '::$DATA',
      '%2f..',
      '/%2e%2e/x',
    ]),
  // The prefix of a tenant or organisation in the middle, which the product takes out wherever it stands.
  (path, random) => {
    const at = 1 + random.below(path.length);
    const prefix = random.pick(['/o/a', '/t/a']);
    const first = /^\/[^/]*/.exec(path)?.[0] ?? '';
    return prefix + path.slice(0, at) + prefix + first + path.slice(at);
  },
];

const FORMS: readonly ((path: string, hostname: string) => string)[] = [
  ...Array.from({ length: 12 }, () => (path: string) => path),
  (path, hostname) => `https://${hostname}${path}`,
  (path, hostname) => `HTTP://${hostname}:443${path}`,
  (path, hostname) => `https://user:secret@${hostname}${path}`,
  (path) => `https://forged.example${path}`,
  (path, hostname) => `//${hostname}${path}`,
  (path, hostname) => `ftp://${hostname}${path}`,
  (path, hostname) => `https://${hostname}?${path}`,
  (path, hostname) => `https://${hostname}\\${path}`,
  (path) => path.slice(1),
  (_, hostname) => `${hostname}:443`,
  () => '*',
];
