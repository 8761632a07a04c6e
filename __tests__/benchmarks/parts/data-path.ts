import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DISTRIBUTIONS } from '../../../catalogue/distributions';
import { CONTROL_PORT } from '../../../environment/addresses';
import { loadBalancerCapacity } from '../../../environment/load-balancer-capacity';
import { loadBalancerConfiguration } from '../../../topology/load-balancer-configuration';
import type { NginxConfProps } from '../../../topology/nginx-props';
import { loadBalancerScript } from '../../../topology/pods';
import { CONFIGURATION_PATH, publicCertificate } from '../../../topology/volumes';
import { placeOf } from '../../support/places';
import { eventually, PROJECT } from '../../support/workspace';
import { Edge, type Server } from '../data-path/edge';
import { variantsOf } from '../data-path/variants';
import { useOf } from '../engine-stats';
import type { Measurements, Part } from '../measurements';
import { nodeNginxConf, staticNginxConf } from '../peers/static-nginx';
import { rotated, summary } from '../statistics';

const { network, subnet, hostname } = placeOf('benchmark-data-path');
const NODES = [11, 12];
const CONNECTIONS = 16;
const SECONDS = 4;
const HANDSHAKES = 300;
/** Of the nodes, without a load balancer. */
const DIRECT = 'node';

const { healthPath, replayablePaths } = DISTRIBUTIONS.sandbox;
const PROPS: NginxConfProps = {
  hostname,
  // What the servers of this part share.
  ...publicCertificate('supplied', hostname),
  httpPort: 80,
  httpsPort: 443,
  controlPort: CONTROL_PORT,
  subnet,
  nodes: NODES.map((number) => ({ name: `node-${number - 10}`, address: `${network}.${number}` })),
  nodePort: 9446,
  healthPath,
  affinity: true,
  readTimeoutSeconds: 60,
  deniedPaths: ['/api/health-check'],
  replayablePaths,
  capacity: loadBalancerCapacity(10_000),
  clientLimit: { requests: 500, networks: [] },
};

/** Ours, the static peer, and ours without one thing each; the last number of each one's address. */
function balancers(): { ours: Server; peer: Server; variants: Server[] } {
  const read = (file: string) => readFileSync(join(PROJECT, 'runtime', 'load-balancer', file), 'utf8');
  const scripts = { routing: read('routing.js'), clientCertificate: read('client-certificate.js') };
  const { files } = loadBalancerConfiguration(PROPS, scripts);
  // Here there is one revision of the configuration.
  const runtime = { 'load-balancer/entrypoint.sh': read('entrypoint.sh') };
  const script = loadBalancerScript({ platform: { kind: 'docker' } }, { runtime }).replaceAll(
    `${CONFIGURATION_PATH}/current`,
    CONFIGURATION_PATH,
  );
  const conf = files['nginx.conf'] as string;
  return {
    ours: { name: 'ours', number: 21, files, script },
    peer: { name: 'static', number: 22, files: { 'nginx.conf': staticNginxConf(PROPS) } },
    variants: variantsOf(conf).map(({ without, conf: changed }, index) => ({
      name: without.replaceAll(/\W+/g, '-'),
      number: 31 + index,
      files: { ...files, 'nginx.conf': changed },
      script,
    })),
  };
}

/** What the load balancer costs a request, beside the same Nginx without what ours adds, and beside a node without one. */
export const dataPath: Part = {
  name: 'data-path',
  what: 'what the load balancer costs a request: processor time, requests a second, latency, TLS handshakes',
  begin: async ({ dockerEnv, engineHost }) => {
    const edge = new Edge();
    const { ours, peer, variants } = balancers();
    try {
      await edge.begin(dockerEnv);
      const files = { 'nginx.conf': nodeNginxConf(PROPS) };
      await edge.start([
        ...NODES.map((number) => ({ name: `node-${number - 10}`, number, files })),
        ...[ours, peer, ...variants],
      ]);
      for (const server of [ours, peer, ...variants]) await untilServing(edge, server);
    } catch (error) {
      await edge.end();
      throw error;
    }
    const cpuSeconds = async ({ name }: Server) => (await useOf(engineHost, edge.containerOf(name))).cpuSeconds;

    /** Microseconds of the server's processor time for each of so many requests or handshakes. */
    const cost = async (server: Server, work: () => Promise<number>) => {
      const before = await cpuSeconds(server);
      const count = await work();
      return (((await cpuSeconds(server)) - before) * 1e6) / count;
    };
    const load = async (server: Server, mode: string, keepAlive: boolean, measurements: Measurements) => {
      const options = { connections: CONNECTIONS, seconds: SECONDS, keepAlive };
      let perSecond = 0;
      const cpu = await cost(server, async () => {
        const counted = await edge.load(server, options);
        perSecond = counted.perSecond;
        return counted.requests;
      });
      measurements.add(`cpu ${mode} ${server.name}`, cpu);
      measurements.add(`requests ${mode} ${server.name}`, perSecond);
    };
    const handshakes = async (server: Server, resumed: boolean, measurements: Measurements) => {
      const mode = resumed ? 'resumed' : 'full';
      let took: number[] = [];
      const cpu = await cost(server, async () => {
        took = await edge.handshakes(server, HANDSHAKES, resumed);
        return took.length;
      });
      measurements.add(`cpu ${mode} ${server.name}`, cpu);
      measurements.add(`handshake ${mode} ${server.name}`, summary(took).median);
    };
    const latency = async (server: Pick<Server, 'name' | 'number'>, port: number, measurements: Measurements) => {
      const { median, p99 } = await edge.load(server, { connections: 1, seconds: SECONDS, port });
      measurements.add(`median ${server.name}`, median);
      measurements.add(`p99 ${server.name}`, p99);
    };
    return {
      round: async (number, measurements) => {
        for (const server of rotated([peer, ours, ...variants], number)) {
          await load(server, 'keep-alive', true, measurements);
        }
        for (const server of rotated([peer, ours], number)) await load(server, 'close', false, measurements);
        for (const resumed of [false, true]) {
          for (const server of rotated([peer, ours], number)) await handshakes(server, resumed, measurements);
        }
        for (const server of rotated([peer, ours], number)) await latency(server, PROPS.httpsPort, measurements);
        await latency({ name: DIRECT, number: NODES[0] as number }, PROPS.nodePort, measurements);
      },
      end: () => edge.end(),
    };
  },
};

/** Until it answers, and for so long that the probes have seen all nodes and what is done once is done. */
async function untilServing(edge: Edge, server: Server): Promise<void> {
  await eventually(`${server.name} answers`, 30, () =>
    edge.load(server, { connections: 4, seconds: 1 }).then(
      () => true,
      () => false,
    ),
  );
}
