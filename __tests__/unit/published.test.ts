import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { certificateFacts, certificatesIn, validity } from '../../cli/certificate';
import { answersIn } from '../../cli/published/ask-from-engine';
import { askHere } from '../../cli/published/ask-here';
import { nameNote } from '../../cli/published/name';
import { publishedPlaces } from '../../cli/published/places';
import type { Published } from '../../cli/published/published';
import { askUntil, notServed } from '../../cli/published/until-served';
import { verdictOn } from '../../cli/published/verdict';
import { publishedLine } from '../../cli/status/table';
import { publishedAnswer } from './published-answer';

const pem = (name: string) => readFileSync(join(__dirname, '..', 'fixtures', 'certificates', `${name}.pem`), 'utf8');
const otherRoot = readFileSync(join(__dirname, '..', 'fixtures', 'authorities', 'other-root.pem'), 'utf8');
const [SERVER] = certificatesIn(pem('server'));
const END = Date.parse((SERVER as { validTo: string }).validTo);
const DAY = 86_400_000;
const NOW = new Date(END - 100 * DAY);

const EXPECTED = {
  hostname: 'is.bank.test',
  url: 'https://is.bank.test',
  httpPort: 80,
  httpsPort: 443,
  authority: pem('authority'),
};
const GOOD = {
  address: '127.0.0.1',
  https: { status: 302, certificates: pem('server') },
  http: { status: 301, location: 'https://is.bank.test/' },
};

describe('the facts of a certificate', () => {
  test('are who it is for, who has issued it and how long it is valid', () => {
    expect(
      certificatesIn(`noise\n${pem('server')}${pem('authority')}`).map((one) => certificateFacts(one, NOW)),
    ).toEqual([
      expect.objectContaining({
        subject: 'is.bank.test',
        issuer: 'bank authority',
        names: ['is.bank.test', 'login.bank.test'],
        daysLeft: 100,
      }),
      expect.objectContaining({ subject: 'bank authority', issuer: 'bank authority', names: [] }),
    ]);
  });

  test.each([
    [2, '2 days left'],
    [1, '1 day left'],
    [0, '0 days left'],
    [-1, 'ended on 2026-11-24'],
  ])('%s days are told as "%s"', (daysLeft, words) => {
    expect(validity({ daysLeft, validTo: '2026-11-24T00:00:00.000Z' })).toBe(words);
  });
});

describe('what the published address answers is judged', () => {
  const judged = (answers: object, expected: object = {}, now = NOW) =>
    verdictOn({ ...GOOD, ...answers }, { ...EXPECTED, ...expected }, now);
  const https = (change: object) => ({ https: { ...GOOD.https, ...change } });

  test('nothing is wrong where a node answers by the right certificate and the HTTP port redirects', () => {
    expect(judged({})).toMatchObject({ problems: [], notes: [], certificate: { daysLeft: 100 } });
  });

  test.each([
    [
      'nobody accepts connections',
      { https: { certificates: '', failure: { kind: 'refused', detail: '' } } },
      'nothing accepts connections at 127.0.0.1:443',
    ],
    [
      'it stays silent',
      { https: { certificates: '', failure: { kind: 'silent', detail: '' } } },
      '127.0.0.1:443 does not answer in time',
    ],
    [
      'there is no TLS',
      { https: { certificates: '', failure: { kind: 'tls', detail: 'alert' } } },
      'no TLS connection for is.bank.test comes about',
    ],
    ['no node is ready', https({ status: 503 }), 'no node is ready (503)'],
    ['a node breaks off', https({ status: 502 }), 'the node that was asked breaks off (502)'],
    [
      'everybody is turned away',
      https({ status: 429 }),
      'the load balancer answers that too many requests are under way (429)',
    ],
    ['a node fails', https({ status: 500 }), 'a node answers with 500'],
    [
      'the HTTP port is closed',
      { http: { failure: { kind: 'refused', detail: '' } } },
      'nothing accepts connections at 127.0.0.1:80',
    ],
    [
      'the HTTP port does not redirect',
      { http: { status: 200 } },
      '127.0.0.1:80 answers with 200 instead of a redirect to https://is.bank.test/',
    ],
    [
      'the HTTP port redirects to another name',
      { http: { status: 301, location: 'https://is.bank.test.evil/' } },
      'sends to https://is.bank.test.evil/',
    ],
  ])('%s', (_, answers, problem) => {
    const { problems } = judged(answers);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  test.each([
    [
      'is for another name',
      { hostname: 'other.bank.test' },
      NOW,
      'the certificate is for is.bank.test, login.bank.test, not for other.bank.test',
    ],
    ['has ended', {}, new Date(END + DAY), 'the certificate ended on '],
    ['is not yet valid', {}, new Date(END - 1000 * DAY), 'the certificate is not valid before '],
    [
      'is of somebody else',
      { authority: otherRoot },
      NOW,
      'the certificate is of "bank authority", not of the environment\'s own authority',
    ],
  ])('a certificate that %s is a problem', (_, expected, now, problem) => {
    expect(judged({}, expected, now).problems).toEqual([expect.stringContaining(problem)]);
  });

  test('a supplied certificate may be of anybody', () => {
    expect(judged({}, { authority: undefined }).problems).toEqual([]);
  });

  test('an ingress may serve HTTPS alone', () => {
    const http = { http: { failure: { kind: 'refused', detail: '' } } };
    expect(judged(http, { redirects: false }).problems).toEqual([]);
    expect(judged({ ...http, ...https({ status: 503 }) }, { redirects: false }).problems).toHaveLength(1);
  });

  test('a certificate with few days left is a note, and no fault yet', () => {
    const { problems, notes } = judged({}, {}, new Date(END - 20 * DAY));
    expect([problems, notes]).toEqual([[], [expect.stringContaining('20 days left')]]);
  });
});

describe('what curl prints on the engine’s host', () => {
  test('is read as the same facts', () => {
    const printed = `302 https://is.bank.test/carbon/\nSubject:CN = is.bank.test\n${pem('server')}\n\nexit 0\n====\n301 https://is.bank.test/\nexit 0\n`;
    const answers = answersIn(printed, '127.0.0.1');
    expect(answers).toMatchObject({ https: { status: 302 }, http: { status: 301, location: 'https://is.bank.test/' } });
    expect(verdictOn(answers, EXPECTED, NOW).problems).toEqual([]);
  });

  test.each([
    [7, 'refused'],
    [28, 'silent'],
    [35, 'tls'],
    [52, 'broken'],
  ])('exit code %i is "%s"', (exit, kind) => {
    const { https, http } = answersIn(`curl: (${exit}) why\n000 \n\nexit ${exit}\n====\n301 https://a/\nexit 0\n`, 'a');
    expect(https.failure).toEqual({ kind, detail: `curl: (${exit}) why` });
    expect(http.failure).toBeUndefined();
  });
});

describe('from this machine', () => {
  test('a closed port is refused, and a program that speaks no TLS is told from it', async () => {
    const server = createServer((_, response) => response.writeHead(301, { location: 'https://is.bank.test/' }).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const plain = await askHere('127.0.0.1', { hostname: 'is.bank.test', httpPort: port, httpsPort: port });
    await new Promise((resolve) => server.close(resolve));
    const closed = await askHere('127.0.0.1', { hostname: 'is.bank.test', httpPort: port, httpsPort: port });
    expect(plain.https.failure).toEqual({ kind: 'tls', detail: expect.stringMatching(/^[\w ]+$/) });
    expect(plain.http).toEqual({ status: 301, location: 'https://is.bank.test/' });
    expect([closed.https.failure?.kind, closed.http.failure?.kind]).toEqual(['refused', 'refused']);
  });
});

test.each([
  ['a local engine is asked at the address', '127.0.20.1', undefined, ['127.0.20.1'], false],
  ['all addresses are asked on loopback and from outside', '0.0.0.0', undefined, ['127.0.0.1', '10.0.0.5'], false],
  ['loopback of another machine is never asked here', '127.0.0.1', 'ssh://ops@docker.bank.test', [], true],
  [
    'a remote engine that publishes everywhere is asked by its name',
    '0.0.0.0',
    'tcp://docker.bank.test:2376',
    ['docker.bank.test'],
    true,
  ],
  ['an IPv6 address is asked without its brackets', '0.0.0.0', 'tcp://[fd00::1]:2376', ['fd00::1'], true],
  ['another address of a remote engine is asked as it is', '10.1.2.3', 'ssh://docker.bank.test', ['10.1.2.3'], true],
])('%s', (_, bindAddress, engineHost, here, elsewhere) => {
  expect(publishedPlaces(bindAddress, engineHost, '10.0.0.5')).toMatchObject({ here, elsewhere });
});

describe('the public name', () => {
  const note = (found: string[], expected = ['127.0.20.1']) =>
    nameNote({ hostname: 'is.bank.test', found, expected, line: '127.0.20.1 is.bank.test\n' });

  test.each([
    ['does not resolve', [], 'it needs an entry in DNS, or in /etc/hosts: 127.0.20.1 is.bank.test'],
    ['resolves elsewhere', ['10.9.9.9'], 'is.bank.test resolves to 10.9.9.9 on this machine, not to 127.0.20.1'],
  ])('that %s is a note', (_, found, text) => {
    expect(note(found)).toEqual([expect.stringContaining(text)]);
  });

  test('that resolves to the address, or to an address that cannot be compared, is none', () => {
    expect([note(['127.0.20.1']), note(['10.9.9.9'], [])]).toEqual([[], []]);
  });
});

describe('at the end of make up', () => {
  const refused = publishedAnswer({ served: false, reason: 'no node is ready (503)' });

  test('a client is asked for again until the answer is one to take', async () => {
    const answers = [refused, publishedAnswer(), refused];
    const last = await askUntil(
      async () => answers.shift() as Published,
      ({ served }) => (served ? 0 : 60),
    );
    expect([last.served, answers.length]).toEqual([true, 1]);
  });

  test('an answer that lasts longer than anybody waits is the last one', async () => {
    const asked: Published[] = [];
    const last = await askUntil(
      async () => {
        asked.push(refused);
        return refused;
      },
      () => 0.5,
    );
    expect([last, asked.length]).toEqual([refused, 2]);
  });

  test('what has got its address late has its time from then on', async () => {
    const nowhere = { ...refused, addresses: [] };
    const answers = [nowhere, nowhere, refused, publishedAnswer()];
    const last = await askUntil(
      async () => answers.shift() as Published,
      ({ served, addresses }) => (served ? 0 : addresses.length === 0 ? 60 : 1.5),
    );
    expect([last.served, answers.length]).toEqual([true, 0]);
  });

  test('whoever is not served is told where, why, what may stand between, and how to go on', () => {
    const { message } = notServed({ environment: 'bank' }, refused, ['Port 443 is held by nginx.']);
    expect(message).toBe(
      [
        'everything is as configured, but a client of https://is.bank.test at 10.0.0.1:443 is not served as it should be: no node is ready (503).',
        'Port 443 is held by nginx.',
        '"make status ENVIRONMENT=bank" says more. When the cause is gone: make up ENVIRONMENT=bank',
      ].join('\n'),
    );
    const nowhere = publishedAnswer({
      served: false,
      addresses: [],
      reason: 'the cluster has given the Service no address',
    });
    expect(notServed({ environment: 'bank' }, nowhere).message).toContain(
      'a client of https://is.bank.test is not served as it should be: the cluster has given the Service no address.',
    );
  });
});

test('the line of a client says what was asked from where, and what is wrong', () => {
  const published = {
    url: 'https://is.bank.test',
    served: false,
    addresses: ['127.0.0.1:443'],
    askedFrom: 'the Docker host' as const,
    reason: 'no node is ready (503)',
    unreachable: false,
    certificate: certificateFacts(SERVER as never, NOW),
    notes: [],
  };
  expect(publishedLine(published)).toBe(
    'https://is.bank.test at 127.0.0.1:443, asked from the Docker host: not as it should be: no node is ready (503); certificate "is.bank.test" by "bank authority", 100 days left',
  );
});
