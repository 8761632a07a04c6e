import { createHash } from 'node:crypto';
import { ALL_KINDS, type Attempt, attempt } from '../malformed/generator';
import { type Aim, FORGED } from '../malformed/http1';
import { objections } from '../malformed/judge';
import { readRecord } from '../support/nginx-alone';

const AIM: Aim = {
  hostname: 'is.bank.example',
  denied: ['/carbon', '/api/health-check'],
  trustedHeaders: ['X-SSL-CERT', 'X-Forwarded-For'],
};

function attempts(seed: number, count: number): Attempt[] {
  return Array.from({ length: count }, (_, index) => attempt(seed, index, AIM));
}

function digest(all: readonly Attempt[]): string {
  const hash = createHash('sha256');
  for (const { kind, over, parts, rude } of all)
    hash.update(`${kind}\0${over}\0${rude}\0${parts.length}\0`).update(Buffer.concat(parts));
  return hash.digest('hex');
}

describe('the generator of malformed traffic', () => {
  test('makes the same of a seed every time, and something else of another', () => {
    expect(digest(attempts(1, 500))).toBe(digest(attempts(1, 500)));
    expect(digest(attempts(1, 500))).not.toBe(digest(attempts(2, 500)));
    expect(attempt(1, 499, AIM)).toEqual(attempts(1, 500)[499]);
  });

  test('makes every kind, hardly anything twice, and nothing that is long', () => {
    const all = attempts(1, 1500);
    expect([...new Set(all.map(({ kind }) => kind))].sort()).toEqual([...ALL_KINDS].sort());
    expect(new Set(all.map(({ parts }) => Buffer.concat(parts).toString('latin1'))).size).toBeGreaterThan(1300);
    expect(Math.max(...all.map(({ parts }) => Buffer.concat(parts).length))).toBeLessThan(200_000);
  });

  test('writes letters of paths as bytes, and headers of HTTP/2 as they are', () => {
    const text = attempts(1, 3000)
      .map(({ parts }) => Buffer.concat(parts).toString('latin1'))
      .join('\n');
    for (const part of [
      '%2e%2e',
      '..;',
      '%c1%a3',
      '//',
      '\0',
      `x-ssl-cert`,
      FORGED,
      'Transfer-Encoding : chunked',
      'PRI * HTTP/2.0',
    ])
      expect([part, text.includes(part)]).toEqual([part, true]);
  });
});

describe('what no node may receive', () => {
  const request = (path: string, headers: Record<string, string> = {}) =>
    objections({ at: 0, method: 'GET', path, target: path, length: 0, headers }, AIM);

  test.each([
    '/carbon',
    '/Carbon/admin',
    '/api/health-check;x',
    '/t/a/carbon',
    '/o/carbon/x',
    '/t/a/o/b/api/health-check/v1.0',
    '/o/b/t/a/carbon',
    '/o/a/api/hea/o/a/apilth-check',
  ])('%s', (path) => {
    expect(request(path)).not.toEqual([]);
  });

  test.each([
    '/carbonara',
    '/page/carbon',
    '/api',
    '/t/carbon',
    '/',
    '/o/a/o/b/carbon',
    '/o/a/api/hea/O/A/APIlth-check',
  ])('but %s', (path) => {
    expect(request(path)).toEqual([]);
  });

  test('a header that the client has made up', () => {
    expect(request('/', { 'x-ssl-cert': FORGED })).toEqual(['forged x-ssl-cert']);
  });

  test('is read from what a node prints', () => {
    const { received, answers } = readRecord(
      'INFO: started\nreceived at=5&method=GET&path=%2Fb&target=%2Fa%2F%252e%252e%2Fb%3Bx%3D1&length=3&header-Host=a%0Ab&\nanswered 200\nanswered 400\n',
    );
    expect(received).toEqual([
      { at: 5, method: 'GET', path: '/b', target: '/a/%2e%2e/b;x=1', length: 3, headers: { host: 'a\nb' } },
    ]);
    expect(answers).toEqual({ 200: 1, 400: 1 });
  });
});
