import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { networkRulesScript, networkWays } from '../../topology/network-rules';
import { SMALLEST, temporaryDirectory, topology } from '../support/synth';

const CLUSTERED = topology(
  '[identity_server]\ndistribution = "wso2is-7.1.0"\n[load_balancer]\nhostname = "is.bank.example"\n',
);
const [NODE_1] = CLUSTERED.nodes.map(({ address }) => address) as [string];
/** Addresses that nodes have today, or may have later. */
const NODES = [11, 12, 13, 14, 15, 16, 17, 18].map((last) => NODE_1.replace(/\d+$/, String(last)));
const BALANCER = CLUSTERED.loadBalancer.address;
const DATABASE = CLUSTERED.database.container?.address as string;

const sources = (to: string, port: number, of = CLUSTERED) =>
  networkWays(of)
    .filter((way) => way.to === to && way.port === port)
    .map(({ from = 'everybody' }) => from);

test('a node is reached by the load balancer, on its HTTPS port alone, and by the other members of the cluster', () => {
  expect(sources(NODE_1, 9446)).toEqual([BALANCER]);
  expect(sources(NODE_1, 4000)).toEqual(NODES.slice(1));
  expect(networkWays(CLUSTERED).filter(({ to }) => to === NODE_1)).toHaveLength(NODES.length);
});

test('the database is reached by nodes and jobs and reaches nothing', () => {
  expect(sources(DATABASE, 5432)).toEqual([...NODES, CLUSTERED.network.dynamicRange]);
  expect(networkWays(CLUSTERED).filter(({ from }) => from === DATABASE)).toEqual([]);
});

test('the load balancer is reached by everybody where it is published, and on its control port from within', () => {
  expect([sources(BALANCER, 443), sources(BALANCER, 80)]).toEqual([['everybody'], ['everybody']]);
  expect(sources(BALANCER, 9080)).toEqual([...NODES, CLUSTERED.network.dynamicRange]);
});

test('a node that is added later has every way that the others have, and no rule has to be renewed for it', () => {
  const grown = topology(
    '[identity_server]\ndistribution = "wso2is-7.1.0"\nnodes = 8\n[load_balancer]\nhostname = "is.bank.example"\n',
  );
  expect(grown.nodes.map(({ address }) => address)).toEqual(NODES);
  expect(networkRulesScript(grown)).toBe(networkRulesScript(CLUSTERED));
});

test('without a cluster and without a container there is no way to either', () => {
  const external = topology(`${SMALLEST}[database]\nhost = "db.bank.example"\nmax_connections = 1000\n`);
  expect(networkWays(external).filter(({ port }) => [4000, 5432].includes(port))).toEqual([]);
  expect(networkRulesScript(external)).not.toContain('database');
});

test('each environment has a chain of its own, whose name is short enough for the kernel', () => {
  const chains = ['a', 'an-environment-of-thirty-letter'].map(
    (name) => /chain=(\S+)/.exec(networkRulesScript({ ...CLUSTERED, environment: name }))?.[1] ?? '',
  );
  expect(new Set(chains).size).toBe(2);
  for (const chain of chains) expect(chain.length).toBeLessThanOrEqual(28);
});

describe('the script', () => {
  /** Runs it on a host whose iptables only notes what it is told. */
  function run(bridgeCalls: string, ...args: string[]) {
    const folder = temporaryDirectory('network-rules-');
    mkdirSync(join(folder, 'bin'));
    const noted = join(folder, 'noted');
    writeFileSync(noted, '');
    writeFileSync(join(folder, 'bridge'), bridgeCalls);
    for (const [name, text] of [
      ['iptables', `echo "$*" >>${noted}; case " $* " in *" -C "*) exit 1 ;; esac`],
      ['iptables-restore', `cat >>${noted}`],
    ]) {
      writeFileSync(join(folder, 'bin', name as string), `#!/bin/sh\n${text}\n`);
      chmodSync(join(folder, 'bin', name as string), 0o755);
    }
    const script = networkRulesScript(CLUSTERED).replaceAll(
      '/proc/sys/net/bridge/bridge-nf-call-iptables',
      join(folder, 'bridge'),
    );
    const { status, stderr } = spawnSync('/bin/sh', ['-s', ...args], {
      input: script,
      encoding: 'utf8',
      env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
    });
    return { status, stderr, noted: readFileSync(noted, 'utf8') };
  }

  test('names what the host must do first where containers of one network pass by its rules, and sets none', () => {
    const { status, stderr, noted } = run('0\n');
    expect([status, noted]).toEqual([1, '']);
    expect(stderr).toContain('modprobe br_netfilter');
  });

  test('fills its chain at once, and hooks it in last', () => {
    const { status, noted } = run('1\n');
    expect(status).toBe(0);
    const chain = /^:(\S+)/m.exec(noted)?.[1];
    expect(noted.trim().split('\n').slice(-4)).toEqual(
      ['DOCKER-USER', 'OUTPUT'].flatMap((hook) => [`--wait -C ${hook} -j ${chain}`, `--wait -I ${hook} -j ${chain}`]),
    );
    const rules = noted.split('\n').filter((line) => line.startsWith('-A'));
    expect(rules[0]).toContain('ESTABLISHED');
    const kinds = rules.map((rule) => rule.split(' ').at(-1));
    expect(kinds.lastIndexOf('RETURN')).toBeLessThan(kinds.indexOf('DROP'));
    expect(kinds.filter((kind) => kind === 'DROP')).toHaveLength(2 + NODES.length);
  });

  test('takes away what it has set', () => {
    const { status, noted } = run('0\n', 'remove');
    expect(status).toBe(0);
    expect(noted).toMatch(/-F \S+\n--wait -X \S+\n$/);
    expect(noted).not.toMatch(/^-A/m);
  });
});
