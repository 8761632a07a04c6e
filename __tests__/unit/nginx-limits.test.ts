import { loadEnvironments } from '../../environment/load';
import { LEAST_CONNECTIONS, loadBalancerCapacity, MOST_CONNECTIONS } from '../../environment/load-balancer-capacity';
import { connectionLimits, requestLimits } from '../../topology/nginx-limits';
import { named, parseNginxConf } from '../support/nginx';
import { configurationDirectory, derived } from '../support/synth';

const MIB = 1024;

describe('what so many connections need', () => {
  const numbers = [LEAST_CONNECTIONS, 2500, 5000, 5001, 10_000, 33_333, MOST_CONNECTIONS];

  test.each(numbers)(
    '%d connections have a place each, beside those to the nodes, before idle ones are closed',
    (connections) => {
      const { workers, connectionsPerWorker, requests } = loadBalancerCapacity(connections);
      expect(workers * connectionsPerWorker * (15 / 16)).toBeGreaterThanOrEqual(connections + requests + workers * 288);
    },
  );

  test.each(numbers)('%d connections fit the memory, each as dear as a connection was ever measured', (connections) => {
    const { workers, connectionsPerWorker, requests, scratchMb, memoryMb } = loadBalancerCapacity(connections);
    const measured = (workers * connectionsPerWorker * 101) / MIB + (requests * 256) / MIB + 12 + scratchMb;
    expect(memoryMb).toBeGreaterThan(measured);
    expect(memoryMb % 64).toBe(0);
  });

  test.each(numbers)('%d connections have a file each, and each request one more', (connections) => {
    const { connectionsPerWorker, openFiles, requests } = loadBalancerCapacity(connections);
    expect(openFiles).toBeGreaterThanOrEqual(connectionsPerWorker + requests);
  });

  test('more connections never need less', () => {
    const grown = numbers.map(loadBalancerCapacity);
    for (const key of ['workers', 'openFiles', 'requests', 'memoryMb'] as const) {
      const values = grown.map((capacity) => capacity[key]);
      expect(values).toEqual([...values].sort((one, other) => one - other));
    }
  });

  test('the default keeps the limit of open files that containers have, which would replace them', () => {
    expect(loadBalancerCapacity(10_000)).toEqual({
      workers: 2,
      connectionsPerWorker: 6200,
      openFiles: 16384,
      requests: 1000,
      requestsPerClient: 500,
      scratchMb: 64,
      memoryMb: 1664,
    });
  });
});

describe('limits of clients', () => {
  const capacity = loadBalancerCapacity(10_000);
  const http = (clientLimit: Parameters<typeof connectionLimits>[0]['clientLimit']) =>
    parseNginxConf(connectionLimits({ capacity, clientLimit }));
  const limits = (clientLimit: Parameters<typeof connectionLimits>[0]['clientLimit']) =>
    named(parseNginxConf(requestLimits({ capacity, clientLimit })), 'limit_conn').map(({ args }) => args);

  test('each address has one, and all of them together', () => {
    const limit = { requests: 500, networks: [] };
    expect(limits(limit)).toEqual([
      ['requests', '1000'],
      ['client_500', '500'],
    ]);
    const [counted] = named(http(limit), 'map');
    expect(counted?.args).toEqual(['$client_limit', '$client_500']);
    expect(counted?.block?.map(({ name, args }) => [name, ...args])).toEqual([
      ['500', '$binary_remote_addr'],
      ['default', ''],
    ]);
  });

  test('networks that come or go leave each counter its key, without which Nginx would refuse to reload', () => {
    const zones = (networks: Parameters<typeof http>[0]['networks']) =>
      named(http({ requests: 500, networks }), 'limit_conn_zone').map(({ args }) => args);
    const alone = zones([]);
    expect(alone).toEqual([
      ['$client_500', 'zone=client_500:2m'],
      ['$server_name', 'zone=requests:32k'],
    ]);
    expect(zones([{ network: '10.1.0.0/16', requests: 900 }])).toEqual(expect.arrayContaining(alone));
  });

  test('a network with another limit is counted by that one alone', () => {
    const limit = {
      requests: 50,
      networks: [
        { network: '10.1.0.0/16', requests: 900 },
        { network: '10.1.2.3/32', requests: 50 },
      ],
    };
    expect(limits(limit)).toEqual([
      ['requests', '1000'],
      ['client_50', '50'],
      ['client_900', '900'],
    ]);
    const [geo] = named(http(limit), 'geo');
    expect(geo?.args).toEqual(['$client_limit']);
    expect(geo?.block?.map(({ name, args }) => [name, ...args])).toEqual([
      ['default', '50'],
      ['10.1.0.0/16', '900'],
      ['10.1.2.3/32', '50'],
    ]);
    expect(
      named(http(limit), 'map').map(({ args, block }) => [args, block?.map(({ name, args }) => [name, ...args])]),
    ).toEqual([
      [
        ['$client_limit', '$client_50'],
        [
          ['50', '$binary_remote_addr'],
          ['default', ''],
        ],
      ],
      [
        ['$client_limit', '$client_900'],
        [
          ['900', '$binary_remote_addr'],
          ['default', ''],
        ],
      ],
    ]);
  });

  test('nothing of a client waits for ever, and what timed out is forgotten at once', () => {
    const directives = http({ requests: 500, networks: [] });
    for (const name of ['client_header_timeout', 'client_body_timeout', 'send_timeout', 'keepalive_timeout']) {
      expect(Number.parseInt(named(directives, name)[0]?.args[0] as string, 10)).toBeLessThanOrEqual(60);
    }
    expect(named(directives, 'reset_timedout_connection')[0]?.args).toEqual(['on']);
  });
});

describe('in the configuration', () => {
  const balancerOf = (lines: string) => {
    const toml = `[identity_server]\ndistribution = "sandbox"\n[load_balancer]\nhostname = "is.bank.test"\n${lines}`;
    const [environment] = loadEnvironments(configurationDirectory({ 'bank.toml': toml }));
    if (environment === undefined) throw new Error('no environment');
    return derived(environment).loadBalancer;
  };

  test('one number decides about memory, files and the requests of a client', () => {
    const { memoryMb, openFiles, configuration } = balancerOf('connections = 40000\n');
    expect([memoryMb, openFiles]).toEqual([loadBalancerCapacity(40_000).memoryMb, 16384]);
    expect(configuration.files['nginx.conf']).toContain('limit_conn client_2000 2000;');
  });

  test('more memory may be given than that number needs', () => {
    expect(balancerOf('memory_mb = 4096\n').memoryMb).toBe(4096);
  });
});
