import { heldByOthers, type InspectedBalancer, type InspectedNetwork } from '../../cli/neighbours';
import { SMALLEST, topology } from '../support/synth';

const wanted = topology(`${SMALLEST}bind_address = "127.0.0.5"\n[network]\nsubnet = "10.1.0.0/24"\n`, 'bank');

function network(environment: string, subnet: string): InspectedNetwork {
  return { Labels: { 'wso2-is-active-active.environment': environment }, IPAM: { Config: [{ Subnet: subnet }] } };
}

function balancer(environment: string, address: string, ports: readonly number[], hostname: string): InspectedBalancer {
  return {
    Config: {
      Labels: { 'wso2-is-active-active.environment': environment },
      Healthcheck: { Test: ['CMD', 'curl', '--resolve', `${hostname}:443:127.0.0.1`] },
    },
    HostConfig: {
      PortBindings: Object.fromEntries(
        ports.map((port) => [`${port}/tcp`, [{ HostIp: address, HostPort: String(port) }]]),
      ),
    },
  };
}

const HOSTNAME = wanted.loadBalancer.hostname;

test('what runs under the name that the file had is found, with all that it has', () => {
  const networks = [network('old', '10.1.0.0/24')];
  const balancers = [balancer('old', '127.0.0.5', [80, 443], HOSTNAME)];
  expect([...heldByOthers(wanted, networks, balancers)]).toEqual([
    ['old', ['the subnet 10.1.0.0/24', 'the port 127.0.0.5:80', 'the port 127.0.0.5:443', `the host name ${HOSTNAME}`]],
  ]);
});

test('what the environment has itself, and what others have elsewhere, is in nobody’s way', () => {
  const networks = [network('bank', '10.1.0.0/24'), network('other', '10.2.0.0/24'), network('no-subnet', '')];
  const balancers = [
    balancer('bank', '127.0.0.5', [80, 443], HOSTNAME),
    balancer('other', '127.0.0.6', [80, 443], HOSTNAME),
    balancer('ports', '127.0.0.5', [8080, 8443], HOSTNAME),
  ];
  expect(heldByOthers(wanted, networks, balancers).size).toBe(0);
});

test.each(['', '0.0.0.0', '::'])('a port on every address, written %p, is also this one’s', (address) => {
  expect(heldByOthers(wanted, [], [balancer('all', address, [443], 'is.other.test')]).get('all')).toEqual([
    `the port ${address || '0.0.0.0'}:443`,
  ]);
});

test('a part of the subnet is enough', () => {
  expect(heldByOthers(wanted, [network('part', '10.1.0.64/26')], []).get('part')).toEqual(['the subnet 10.1.0.64/26']);
});
