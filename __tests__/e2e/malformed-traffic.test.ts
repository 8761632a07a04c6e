import { ALL_KINDS, attempt } from '../malformed/generator';
import type { Aim } from '../malformed/http1';
import { objections } from '../malformed/judge';
import { send } from '../malformed/send';
import { type LoadReport, underLoad } from '../support/load';
import { NginxAlone, type Received } from '../support/nginx-alone';
import { eventually } from '../support/workspace';

// Requests that no client sends, against the real Nginx in front of the server's own Tomcat. `make malformed` sends 20,000 of them.
const ATTEMPTS = Number(process.env.MALFORMED ?? 1500);
const SEED = Number(process.env.SEED ?? 1);
const AT_A_TIME = 48;
/** Every part of the attempts but the first may take so much more memory than that, in KiB. */
const GROWTH_KIB = 8 * 1024;
const PARTS = 4;

const edge = new NginxAlone('e2e-malformed');
const denied = ['/carbon', '/services', '/api/health-check'];
const aim: Aim = {
  hostname: edge.place.hostname,
  denied,
  trustedHeaders: [
    ...[
      'X-SSL-CERT',
      'WSO2-Identity-User',
      'X-WSO2-Mutual-Auth-Cert',
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-Real-IP',
    ],
    ...[
      'X-Forwarded-Proto',
      'Forwarded',
      'Proxy-Client-IP',
      'WL-Proxy-Client-IP',
      'X-Originating-IP',
      'X-IP',
      'X-Original-URL',
    ],
  ],
};

/** What came of the attempts, by kind and outcome. */
const outcomes: Record<string, Record<string, number>> = {};
/** Memory of the workers after each part of the attempts, in KiB. */
const memory: number[] = [];
let report: LoadReport;
let received: Received[];
/** How often the nodes answered with each status. */
let answers: Readonly<Record<string, number>>;
let log: Awaited<ReturnType<NginxAlone['accessLog']>>;

jest.setTimeout(60_000 + ATTEMPTS * 100);

beforeAll(
  async () => {
    await edge.start(`denied_paths = ${JSON.stringify(denied)}`);
    const requests = [
      { method: 'GET', path: (id: string) => `/normal/${id}` },
      { method: 'POST', path: (id: string) => `/normal/${id}` },
    ] as const;
    const load = { ...edge.client, requests, clients: 4, pause: 20, name: 'beside' };
    const began = performance.now();
    ({ report } = await underLoad(load, async () => {
      for (let part = 0; part < PARTS; part++) {
        const from = Math.floor((part * ATTEMPTS) / PARTS);
        await sendAll(from, Math.floor(((part + 1) * ATTEMPTS) / PARTS));
        memory.push(await edge.workerMemory());
      }
    }));
    const took = performance.now() - began;
    // A request whose client has gone is logged when its node has answered.
    await eventually('nothing is under way', 20, async () => {
      log = await edge.accessLog();
      await new Promise((done) => setTimeout(done, 500));
      return (await edge.accessLog()).length === log.length;
    });
    const nodes = await Promise.all([1, 2].map((number) => edge.record(number)));
    received = nodes.flatMap((node) => node.received);
    answers = Object.assign({}, ...nodes.map((node) => node.answers));
    console.log(JSON.stringify({ outcomes, memory, beside: report.sent, received: received.length, took }, null, 1));
  },
  600_000 + ATTEMPTS * 100,
);

afterAll(() => edge.remove());

test('malformed traffic of every kind was sent and answered', () => {
  expect(Object.keys(outcomes).sort()).toEqual([...ALL_KINDS].sort());
  for (const kind of ALL_KINDS) {
    const { 'no connection': none = 0, ...others } = outcomes[kind] ?? {};
    expect([kind, none]).toEqual([kind, 0]);
    expect(Object.keys(others).length).toBeGreaterThan(1);
  }
});

test('of it, nothing denied and no forged header reaches a node', () => {
  const wrong = received.flatMap((request) =>
    objections(request, aim).map((each) => `${each}: ${request.method} ${request.target}`),
  );
  expect(wrong).toEqual([]);
  // Some does get through, or this would show nothing.
  expect(received.filter(({ path }) => !path.startsWith('/normal/')).length).toBeGreaterThan(ATTEMPTS / 50);
});

test('the nodes see the requests that the load balancer means to send, and no others', () => {
  const forwarded = new Set(log.filter(({ upstream }) => upstream !== '').map(({ request_id: id }) => id));
  const unknown = received.filter(({ headers }) => !forwarded.has(headers['x-request-id'] ?? ''));
  expect(unknown.map(({ method, target }) => `${method} ${target}`)).toEqual([]);
  const ids = received.map(({ headers }) => headers['x-request-id']);
  expect(ids.length).toBe(new Set(ids).size);
  expect(new Set(received.map(({ headers }) => headers.host))).toEqual(new Set([aim.hostname]));
});

test('no node fails, and neither does the load balancer', async () => {
  expect(Object.keys(answers).filter((status) => status.startsWith('5'))).toEqual([]);
  const failures = log.filter(({ status }) => /^50[0234]$/.test(String(status)));
  expect(failures.map(({ method, path, status }) => `${status}: ${method} ${path}`)).toEqual([]);
  // Nginx calls a handshake that OpenSSL refuses for a rare reason critical.
  const errors = /^.*(?:\[(?:alert|emerg)\]|\[crit\](?!.*SSL_do_handshake)|exited on signal).*$/gm;
  expect((await edge.errorLog()).match(errors) ?? []).toEqual([]);
});

test('whoever sends what is right beside it notices nothing', () => {
  expect(report.failed).toEqual([]);
  expect(report.sent).toBeGreaterThan(50);
});

test('its memory does not grow', () => {
  const [first = 0, ...others] = memory;
  expect(Math.max(...others) - first).toBeLessThan(GROWTH_KIB);
});

async function sendAll(from: number, to: number): Promise<void> {
  let next = from;
  const sender = async () => {
    while (next < to) {
      const each = attempt(SEED, next++, aim);
      const outcome = await send(each, edge.client);
      const row = outcomes[each.kind] ?? {};
      outcomes[each.kind] = { ...row, [outcome]: (row[outcome] ?? 0) + 1 };
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, sender));
}
