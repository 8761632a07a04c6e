import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBalancerCapacity } from '../../environment/load-balancer-capacity';
import { renderNginxConf } from '../../topology/nginx-conf';
import type { NginxConfProps } from '../../topology/nginx-props';
import { publicCertificate } from '../../topology/volumes';
import { judged } from '../benchmarks/aims';
import { readLoad } from '../benchmarks/data-path/edge';
import { variantsOf } from '../benchmarks/data-path/variants';
import type { Result } from '../benchmarks/measurements';
import { composeFile } from '../benchmarks/peers/compose';
import { peerContainers, peerVolumes } from '../benchmarks/peers/containers';
import { singleStack } from '../benchmarks/peers/single-stack';
import { staticNginxConf } from '../benchmarks/peers/static-nginx';
import { growthPlot } from '../benchmarks/plot';
import { report } from '../benchmarks/report';
import { readResults } from '../benchmarks/results';
import { differences, ratios, rotated, summary } from '../benchmarks/statistics';
import { anywhere, parseNginxConf } from '../support/nginx';
import { PROJECT, SMALLEST, topology as topologyOf } from '../support/synth';

const topology = topologyOf(SMALLEST);

const PROPS: NginxConfProps = {
  hostname: 'is.bank.test',
  ...publicCertificate('supplied', 'is.bank.test'),
  httpPort: 80,
  httpsPort: 443,
  controlPort: 9080,
  subnet: '10.9.8.0/24',
  nodes: [
    { name: 'node-1', address: '10.9.8.11' },
    { name: 'node-2', address: '10.9.8.12' },
  ],
  nodePort: 9446,
  healthPath: '/health',
  affinity: true,
  readTimeoutSeconds: 60,
  deniedPaths: ['/api/health-check'],
  replayablePaths: [],
  capacity: loadBalancerCapacity(10_000),
  clientLimit: { requests: 500, networks: [] },
};

describe('statistics', () => {
  test('a summary has the middle and both ends', () => {
    expect(summary([3, 1, 2])).toEqual({ median: 2, least: 1, greatest: 3 });
    expect(summary([4, 1, 2, 3])).toEqual({ median: 2.5, least: 1, greatest: 4 });
    expect(() => summary([])).toThrow('nothing was measured');
  });

  test('ratios and differences are those of the rounds, not of the medians', () => {
    expect(ratios([2, 30], [1, 10])).toEqual({ median: 2.5, least: 2, greatest: 3 });
    expect(differences([2, 30], [1, 10])).toEqual({ median: 10.5, least: 1, greatest: 20 });
    expect(() => ratios([1], [1, 2])).toThrow('same rounds');
  });

  test('each goes first in its turn', () => {
    expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });
});

describe('the peers', () => {
  const containers = peerContainers(topology);

  test('run what the topology has, and wait for what ours waits for', () => {
    const after = Object.fromEntries(containers.map(({ name, after }) => [name, after]));
    expect(after).toMatchSnapshot();
  });

  test('wait only for what is there, and have every volume that is mounted but the mark of protection', () => {
    const names = containers.map(({ name }) => name);
    for (const { after } of containers) expect(names).toEqual(expect.arrayContaining(Object.keys(after)));
    const wanted = Object.values(topology.volumes).map(({ name }) => name);
    expect(peerVolumes(containers).sort()).toEqual(wanted.filter((name) => !name.endsWith('-protection')).sort());
  });

  test('a Compose file gets no text of ours for a variable of its own', () => {
    const file = JSON.parse(composeFile(topology)) as { configs: Record<string, { content: string }> };
    const [content] = Object.values(file.configs).map((config) => config.content);
    expect(content?.replaceAll('$$', '')).not.toContain('$');
    expect(content?.replaceAll('$$', '$')).toBe(topology.jobs.secrets.script);
  });

  test('one stack gets no text of ours for an expression of its own', () => {
    const { resource } = JSON.parse(singleStack(topology));
    const { upload } = resource.docker_container['sandbox-node-1'];
    const [toml] = upload
      .map(({ content }: { content: string }) => content)
      .filter((content: string) => content.includes('[super_admin]'));
    expect(toml).toContain('"$env{ADMIN_PASSWORD}"');
    expect(upload.map(({ content }: { content: string }) => content).join('')).not.toMatch(/(?<!\$)\$\{/);
  });
});

describe('the load balancer without one thing', () => {
  const conf = renderNginxConf(PROPS);

  test.each(variantsOf(conf))('$without: it is left out, and what is left is an nginx.conf', ({ conf: changed }) => {
    expect(changed).not.toBe(conf);
    expect(anywhere(parseNginxConf(changed), 'proxy_pass').length).toBeGreaterThan(0);
    // Nginx starts with no variable that nobody sets.
    for (const [, name] of conf.matchAll(/js_(?:set|var) (\$\w+)/g)) {
      const uses = changed.split('\n').filter((each) => each.includes(name as string));
      if (uses.length > 0) expect(uses.filter((each) => /js_(?:set|var) /.test(each))).toHaveLength(1);
    }
  });

  test('what ours no longer has is not reported to cost nothing', () => {
    expect(() => variantsOf(conf.replace(/access_log \/dev\/stdout .*;/, ''))).toThrow('has nothing like');
  });

  test('the static peer has no script, no log and no limits, and the same TLS', () => {
    const directives = parseNginxConf(staticNginxConf(PROPS));
    for (const name of ['js_import', 'js_set', 'log_format', 'map', 'limit_conn', 'if']) {
      expect(anywhere(directives, name)).toEqual([]);
    }
    for (const name of ['ssl_protocols', 'ssl_ciphers', 'ssl_ecdh_curve', 'ssl_session_cache', 'proxy_ssl_verify']) {
      expect(anywhere(directives, name)).toEqual(anywhere(parseNginxConf(conf), name));
    }
  });
});

describe('what wrk says', () => {
  const LATENCY =
    '  Latency Distribution\n     50%  812.00us\n     75%    1.20ms\n     90%    2.00ms\n     99%    1.05s \n';
  const COUNTS = '  24680 requests in 3.00s, 30.1MB read\nRequests/sec:   8226.60\nTransfer/sec:     10.03MB\n';

  test('is read in milliseconds', () => {
    expect(readLoad(`${LATENCY}${COUNTS}`)).toEqual({ requests: 24680, perSecond: 8226.6, median: 0.812, p99: 1050 });
  });

  test('a request that failed spoils the measurement', () => {
    expect(() => readLoad(`${LATENCY}${COUNTS}  Non-2xx or 3xx responses: 7\n`)).toThrow('Non-2xx or 3xx responses: 7');
  });

  test('another report is not taken for a fast one', () => {
    expect(() => readLoad(COUNTS)).toThrow('something else');
  });
});

describe('the page', () => {
  const aim = { part: 'commands', what: 'up', rows: ['ours', 'peer'], unit: 's', atMost: 1.15 } as const;

  test('says which aim is missed', () => {
    expect(judged(aim, { ours: [12, 10], peer: [10, 10] })).toEqual([
      '| up | 11 s | 10 s | 1.10 (1.00 to 1.20) | at most 1.15 | met |',
    ]);
    expect(judged(aim, { ours: [12], peer: [10] })[0]).toContain('**missed**');
    expect(judged(aim, { ours: [12] })).toEqual([]);
  });

  const growth: Result = {
    part: 'growth',
    date: '2026-01-01',
    machine: 'two processors',
    rounds: 2,
    others: 1.5,
    measured: {
      'up 2': [40, 44],
      'up 8': [90, 80],
      'plan 2': [3, 3],
      'plan 8': [5, 6],
      'down 2': [9, 9],
      'down 8': [12, 12],
      'memory 2': [900, 910],
      'memory 8': [2900, 3000],
    },
  };

  test('says of figures that were not taken on a quiet machine that they were not', () => {
    expect(report([growth])).toContain('**Not a quiet machine**: others kept 1.5 processors busy');
    expect(report([{ ...growth, others: 0.1 }])).not.toContain('quiet machine');
  });

  test('has what was measured, and nothing of what was not', () => {
    const page = report([growth]);
    expect(page).toContain('| `make up` from nothing, s | 42.0 (40.0 to 44.0) | 85.0 (80.0 to 90.0) |');
    expect(page).not.toMatch(/undefined|NaN|## Commands/);
  });

  test('in docs/ is made from the figures that are kept beside it', () => {
    expect(readFileSync(join(PROJECT, 'docs', 'benchmarks.md'), 'utf8')).toBe(report(readResults()));
  });

  test('plots each figure from nothing on, so that twice as high is twice as much', () => {
    const plot = growthPlot(growth.measured);
    expect(plot.match(/<circle/g)).toHaveLength(8);
    expect(plot).not.toMatch(/NaN|undefined/);
  });
});
