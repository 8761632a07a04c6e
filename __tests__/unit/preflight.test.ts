import { findings, type Pending, type Surroundings } from '../../cli/preflight/checks';
import { hostFactsIn } from '../../cli/preflight/host';
import { listenersIn, publishedPortsIn } from '../../cli/preflight/listeners';
import type { Topology } from '../../topology/topology';
import { topology } from '../support/synth';

const socket = (local: string, state = '0A', inode = '4711') =>
  `   1: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0\n`;
const TRIE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.0.0.5
        /32 host LOCAL
     |-- 10.0.0.255
        /32 link BROADCAST
`;
const ROUTES = `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
vpn0\t0000FE0A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
`;

describe('the facts of the Docker host', () => {
  const printed = `boot netns\n====\n${socket('0100007F:01BB')}====\n${TRIE}====\n${ROUTES}====\n/dev/vda 264212084 19361128 76140136 21% /\n`;

  test('are its sockets, addresses, routes and free disk', () => {
    expect(hostFactsIn(printed, 'other')).toEqual({
      listeners: [{ address: '127.0.0.1', port: 443, inode: '4711' }],
      addresses: ['10.0.0.5'],
      routes: [{ interface: 'vpn0', destination: '10.254.0.0/16' }],
      freeDiskMb: 74355,
      isThisMachine: false,
    });
  });

  test('it is this machine where both have started together and share a network', () => {
    expect(hostFactsIn(printed, 'boot netns').isThisMachine).toBe(true);
    expect(hostFactsIn(printed, undefined).isThisMachine).toBe(false);
  });

  test.each([
    ['an IPv4 socket', socket('0B0A1EAC:0050'), [['172.30.10.11', 80]]],
    ['all IPv6 addresses, and with them all of IPv4', socket(`${'0'.repeat(32)}:0050`), [['0.0.0.0', 80]]],
    ['an IPv4 address in an IPv6 socket', socket('0000000000000000FFFF00000100007F:0050'), [['127.0.0.1', 80]]],
    ['IPv6 loopback, which no IPv4 client means', socket('00000000000000000000000001000000:0050'), []],
    ['a connection', socket('0100007F:0050', '01'), []],
  ])('a listener is read from %s', (_, line, expected) => {
    expect(listenersIn(line).map(({ address, port }) => [address, port])).toEqual(expected);
  });

  test('published ports are read from the list of containers', () => {
    const list =
      'web\t\t0.0.0.0:8000-8001->8000-8001/tcp, :::8000-8001->8000-8001/tcp, 5432/tcp\nbank-load-balancer\tbank\t127.0.0.1:443->443/tcp\ndns\t\t127.0.0.1:53->53/udp';
    expect(publishedPortsIn(list)).toEqual([
      { container: 'web', environment: '', address: '0.0.0.0', port: 8000 },
      { container: 'web', environment: '', address: '0.0.0.0', port: 8001 },
      { container: 'bank-load-balancer', environment: 'bank', address: '127.0.0.1', port: 443 },
    ]);
  });
});

describe('before anything is created', () => {
  const ALL: Pending = {
    ports: [
      { key: 'http_port', port: 80 },
      { key: 'https_port', port: 443 },
    ],
    network: true,
  };
  const QUIET: Surroundings = {
    host: { listeners: [], addresses: ['10.0.0.5'], routes: [], freeDiskMb: 100_000, isThisMachine: true },
    published: [],
    networks: [{ name: 'bridge', subnets: ['172.17.0.0/16'] }],
    memoryMb: 64_000,
    programWith: () => 'python3 (process 42)',
  };
  const bank = topology(undefined, 'bank');
  const found = (change: Partial<Surroundings>, pending = ALL, of: Topology = bank) =>
    findings(of, pending, { ...QUIET, ...change }).map(
      ({ severity, key, message }) => `${severity} ${key}: ${message}`,
    );
  const host = (change: object) => ({ host: { ...QUIET.host, ...change } });
  const bound = (bindAddress: string): Topology => ({ ...bank, loadBalancer: { ...bank.loadBalancer, bindAddress } });
  const listener = { address: '0.0.0.0', port: 443, inode: '4711' };

  test('nothing is said where nothing stands in the way', () => {
    expect(found({})).toEqual([]);
  });

  test('a port that a container of another environment has is told with both, and with the way out', () => {
    const published = [{ container: 'old-load-balancer', environment: 'old', address: '0.0.0.0', port: 443 }];
    expect(found({ published, ...host({ listeners: [listener] }) })).toEqual([
      'error load_balancer.https_port: port 443 of 127.0.0.1 is taken by the container old-load-balancer of the environment old; destroy that one first (make down ENVIRONMENT=old), or choose another load_balancer.https_port or bind_address',
    ]);
  });

  test('a port that a program of this machine has is told with its name; of another machine, with how to find it', () => {
    expect(found(host({ listeners: [listener] }))[0]).toContain('is taken by python3 (process 42); stop it, or');
    expect(found(host({ listeners: [listener], isThisMachine: false }))[0]).toContain("ss -ltnp 'sport = :443'");
  });

  test('a port on another address, or one that the environment has itself, is free', () => {
    expect(found(host({ listeners: [{ ...listener, address: '127.0.20.1' }] }))).toEqual([]);
    const own = { container: 'bank-load-balancer', environment: 'bank', address: '0.0.0.0', port: 443 };
    expect(found({ published: [own], ...host({ listeners: [listener] }) })).toEqual([]);
    expect(found(host({ listeners: [listener] }), { ports: [], network: true })).toEqual([]);
  });

  test.each([
    ['10.0.0.5', []],
    ['0.0.0.0', []],
    ['127.0.20.9', []],
    [
      '10.0.0.6',
      [
        'error load_balancer.bind_address: 10.0.0.6 is no address of the Docker host; it has 10.0.0.5, and "0.0.0.0" stands for all',
      ],
    ],
  ])('bind_address %s is compared with the addresses of the host', (address, expected) => {
    expect(found({}, ALL, bound(address))).toEqual(expected);
  });

  test('a subnet that a Docker network has is an error, and the network itself is none', () => {
    const { subnet, name } = bank.network;
    expect(found({ networks: [{ name: 'other', subnets: [subnet] }] })[0]).toMatch(
      /^error network.subnet: .* of the Docker network other;/,
    );
    expect(
      found({
        networks: [{ name, subnets: [subnet] }],
        ...host({ routes: [{ interface: 'br-1', destination: subnet }] }),
      }),
    ).toEqual([]);
  });

  test('a narrower route of the host is an error, a broader one may be meant', () => {
    const route = (destination: string) => host({ routes: [{ interface: 'vpn0', destination }] });
    expect(found(route('172.30.10.0/25'))[0]).toMatch(
      /^error network.subnet: .*172.30.10.0\/25, which the Docker host reaches by vpn0/,
    );
    expect(found(route('172.16.0.0/12'))[0]).toMatch(/^warning network.subnet: .* is part of 172.16.0.0\/12/);
    expect(found(route('10.0.0.0/8'))).toEqual([]);
  });

  test('limits beyond the memory are a warning, heaps beyond it never fit', () => {
    expect(found({ memoryMb: 6000 })[0]).toMatch(/^warning identity_server.memory_mb: .* the Docker host has 6000 MiB/);
    expect(found({ memoryMb: 3000 })[0]).toMatch(/^error identity_server.heap_mb: /);
  });

  test('little disk is a warning, none is an error', () => {
    expect(found(host({ freeDiskMb: 1000 }))[0]).toMatch(
      /^warning engine.host: the Docker host has 1000 MiB of free disk/,
    );
    expect(found(host({ freeDiskMb: 100 }))[0]).toMatch(/^error engine.host: /);
  });
});
