import {
  addressAt,
  dynamicRange,
  hostsLine,
  isIpv4,
  isSubnet,
  overlap,
  parseSubnet,
  type Subnet,
} from '../../environment/addresses';
import { SMALLEST, topology } from '../support/synth';

const SUBNETS = [
  ...Array.from({ length: 11 }, (_, step) => 16 + step).flatMap((prefix) => [
    `10.0.0.0/${prefix}`,
    `172.16.0.0/${prefix}`,
    `192.168.0.0/${prefix}`,
  ]),
  '10.255.255.192/26',
  '172.31.255.192/26',
  '172.31.0.0/16',
  '192.168.255.0/24',
  '192.168.128.0/17',
];

function numeric(address: string): number {
  return address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}

/** First and last address, computed apart from the code under test. */
function bounds(cidr: string): [number, number] {
  const [address, prefix] = cidr.split('/') as [string, string];
  return [numeric(address), numeric(address) + 2 ** (32 - Number(prefix)) - 1];
}

describe.each(SUBNETS)('in %s', (cidr) => {
  const subnet = parseSubnet(cidr);
  const [first, last] = bounds(cidr);

  test('offsets count from the network address', () => {
    expect(numeric(addressAt(subnet, 0))).toBe(first);
    expect(numeric(addressAt(subnet, 18))).toBe(first + 18);
  });

  test('the dynamic range is the upper half', () => {
    const range = dynamicRange(subnet);
    expect(bounds(range)).toEqual([first + (last - first + 1) / 2, last]);
  });

  test('every fixed address of eight nodes is in the subnet, unique, and outside the dynamic range', () => {
    const derived = topology(`${SMALLEST}\n[network]\nsubnet = "${cidr}"\n`.replace('[load', 'nodes = 8\n[load'));
    const fixed = [
      derived.network.gateway,
      derived.database.container?.address as string,
      derived.loadBalancer.address,
      ...derived.nodes.map(({ address }) => address),
    ];
    const [dynamicFirst, dynamicLast] = bounds(derived.network.dynamicRange);
    expect(fixed).toHaveLength(11);
    expect(new Set(fixed).size).toBe(fixed.length);
    for (const address of fixed.map(numeric)) {
      expect(address).toBeGreaterThan(first);
      expect(address).toBeLessThan(last);
      expect(address >= dynamicFirst && address <= dynamicLast).toBe(false);
    }
  });
});

test('two subnets overlap exactly when their address ranges do, whichever comes first', () => {
  for (const one of SUBNETS) {
    for (const other of SUBNETS) {
      const [oneFirst, oneLast] = bounds(one);
      const [otherFirst, otherLast] = bounds(other);
      const expected = oneFirst <= otherLast && otherFirst <= oneLast;
      expect([one, other, overlap(parseSubnet(one), parseSubnet(other))]).toEqual([one, other, expected]);
    }
  }
});

test.each([
  ['10.0.0.0', 'no prefix'],
  ['10.0.0.0/15', 'too large'],
  ['10.0.0.0/27', 'too small for eight nodes below the dynamic half'],
  ['10.0.0.1/24', 'not the network address'],
  ['10.0.0.128/24', 'not the network address'],
  ['8.8.8.0/24', 'public'],
  ['172.15.0.0/24', 'just below the private range'],
  ['172.32.0.0/24', 'just above the private range'],
  ['192.169.0.0/24', 'public'],
  ['10.0.0.256/24', 'not an address'],
  ['10.0.0/24', 'three parts'],
  ['010.0.0.0/24', 'leading zero, which some tools read as octal'],
  ['10.0.0.0/24 ', 'trailing space'],
  ['fd00::/64', 'IPv6'],
  ['', 'empty'],
])('%p is refused as a subnet: %s', (text) => {
  expect(isSubnet(text)).toBe(false);
  expect(() => parseSubnet(text)).toThrow('not a private subnet');
});

test.each(['0.0.0.0', '127.0.0.1', '255.255.255.255'])('%s is an IPv4 address', (text) => {
  expect(isIpv4(text)).toBe(true);
});

test.each(['', 'localhost', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.4/32', '::1', ' 1.2.3.4', '1..3.4'])(
  '%p is no IPv4 address',
  (text) => {
    expect(isIpv4(text)).toBe(false);
  },
);

test('addresses above 127.255.255.255 do not become negative', () => {
  const subnet: Subnet = parseSubnet('192.168.255.0/24');
  expect(addressAt(subnet, 255)).toBe('192.168.255.255');
});

test.each([
  ['127.0.0.1', undefined, '127.0.0.1 is.test\n'],
  ['0.0.0.0', undefined, '127.0.0.1 is.test\n'],
  ['0.0.0.0', 'unix:///run/docker.sock', '127.0.0.1 is.test\n'],
  ['10.1.2.3', 'ssh://deploy@docker.bank.example', '10.1.2.3 is.test\n'],
  ['0.0.0.0', 'ssh://deploy@10.9.8.7:2222', '10.9.8.7 is.test\n'],
  ['0.0.0.0', 'tcp://docker.bank.example:2376', '# the address of docker.bank.example, then: is.test\n'],
])('what is published on %s of %p is found by %p', (bindAddress, engineHost, line) => {
  expect(hostsLine('is.test', bindAddress, engineHost)).toBe(line);
});
