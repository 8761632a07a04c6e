import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Answer, FrontDoor } from '../chaos/cluster/front-door';
import { Names } from '../chaos/cluster/names-watch';
import { canariesOf } from '../support/canaries';
import { eventually } from '../support/workspace';

// What judges the faults on the cluster: who stands before its machines, who watches its names, and what is looked for.

describe('what stands before the machines', () => {
  const machines = ['127.0.0.2', '127.0.0.3'];
  const answers: Record<string, Answer> = {};
  const servers: Server[] = [];
  const open: Socket[] = [];
  let door: FrontDoor;
  const port = 20_000 + Math.floor(Math.random() * 10_000);

  beforeEach(async () => {
    for (const address of machines) {
      answers[address] = 'well';
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.write(`${address}\n`);
      });
      servers.push(server);
      await new Promise<void>((done) => server.listen(port, address, done));
    }
    const targets = machines.map((address) => ({ name: address, address }));
    const ask = async ({ address }: { address: string }) => answers[address] as Answer;
    door = new FrontDoor({ address: '127.0.0.4', port, targets, targetPort: port, ask });
    await door.open();
    await eventually('both are well', 10, () => door.wellTargets().length === 2);
  });

  afterEach(() => {
    door.close();
    for (const socket of open.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  /** Which machine a new connection reaches. */
  const reached = () =>
    new Promise<{ readonly machine: string; readonly socket: Socket }>((done, failed) => {
      const socket = connect(port, '127.0.0.4');
      open.push(socket);
      socket.once('data', (data) => done({ machine: data.toString().trim(), socket }));
      socket.once('error', failed);
    });

  test('each gets every other connection', async () => {
    const all = [await reached(), await reached(), await reached(), await reached()].map(({ machine }) => machine);
    expect([...all].sort()).toEqual(['127.0.0.2', '127.0.0.2', '127.0.0.3', '127.0.0.3']);
  });

  test('one that leaves gets no new connection and keeps those that it has; those of a silent one are ended', async () => {
    const kept = [await reached(), await reached()].find(({ machine }) => machine === '127.0.0.2')?.socket as Socket;
    const since = performance.now();
    answers['127.0.0.2'] = 'leaving';
    await eventually('it is noticed', 10, () => door.hasNoticed('127.0.0.2', since));
    expect((await reached()).machine).toBe('127.0.0.3');
    expect((await reached()).machine).toBe('127.0.0.3');
    expect(kept.readyState).toBe('open');
    answers['127.0.0.2'] = 'silent';
    await eventually('its connection is ended', 10, () => kept.readyState === 'closed');
  }, 30_000);
});

describe('the watch of names', () => {
  const slice = (name: string, addresses: Readonly<Record<string, boolean>>, type = 'MODIFIED') => ({
    type,
    object: {
      metadata: { name, labels: { 'kubernetes.io/service-name': 'bank-node-1' } },
      endpoints: Object.entries(addresses).map(([address, ready]) => ({ addresses: [address], conditions: { ready } })),
    },
  });
  const most = (...events: ReturnType<typeof slice>[]) => {
    const names = new Names();
    for (const event of events) names.take(event);
    return names.most.get('bank-node-1');
  };

  test('one pod after the other is one at a time', () => {
    expect(most(slice('a', { '1': true }), slice('a', { '1': false, '2': false }), slice('a', { '2': true }))).toBe(1);
    expect(most(slice('a', { '1': true }), slice('a', {}, 'DELETED'), slice('b', { '2': true }))).toBe(1);
  });

  test('two that are ready at one time are seen, also in two slices', () => {
    expect(most(slice('a', { '1': true, '2': true }))).toBe(2);
    expect(most(slice('a', { '1': true }), slice('b', { '2': true }), slice('a', { '1': false }))).toBe(2);
  });
});

test('passwords and private keys are looked for, as they are and as the API server has them; certificates are not', () => {
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  const key = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n';
  const data = {
    ADMIN_PASSWORD: encoded('correct-horse\n'),
    'tls.key': encoded(key),
    'ca.crt': encoded('-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIB\n'),
    short: encoded('admin'),
    'store.p12': encoded('\u0000\u0001binary that nobody prints'),
  };
  const plain = ['correct-horse', 'MIGHAgEAMBMGByqGSM49'];
  expect(canariesOf([{ data }, {}])).toEqual(plain.flatMap((text) => [text, encoded(text)]));
});
