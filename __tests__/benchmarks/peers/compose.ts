import { checkInterval } from '../../../constructs/container-defaults';
import type { Topology } from '../../../topology/topology';
import { type PeerContainer, peerContainers, peerVolumes } from './containers';

/** The environment as a Compose file, in JSON, which is YAML: what a team writes that has no Terraform. */
export function composeFile(topology: Topology): string {
  const containers = peerContainers(topology);
  const { network, labels } = topology;
  const file = {
    name: topology.environment,
    services: Object.fromEntries(containers.map((container) => [container.name, service(container, topology)])),
    configs: Object.fromEntries(
      containers.flatMap(({ name, files }) =>
        Object.values(files).map((content, index) => [`${name}-${index}`, { content }]),
      ),
    ),
    networks: {
      environment: {
        name: network.name,
        labels,
        ipam: { config: [{ subnet: network.subnet, gateway: network.gateway, ip_range: network.dynamicRange }] },
      },
    },
    volumes: Object.fromEntries(peerVolumes(containers).map((name) => [name, { name, labels }])),
  };
  // Compose would put variables into texts; shell and JavaScript use the same sign.
  return `${JSON.stringify(file, (_, value) => (typeof value === 'string' ? value.replaceAll('$', '$$$$') : value), 2)}\n`;
}

const CONDITIONS = {
  started: 'service_started',
  healthy: 'service_healthy',
  completed: 'service_completed_successfully',
} as const;

function service(container: PeerContainer, { labels }: Topology) {
  const { name, server, network, scratchMb, sharedMemoryMb, hosts = {}, ports } = container;
  return {
    container_name: name,
    image: container.image,
    pull_policy: 'never',
    user: container.user,
    entrypoint: container.entrypoint,
    command: container.command,
    environment: container.environment,
    labels,
    cap_drop: ['ALL'],
    cap_add: container.capabilities,
    security_opt: ['no-new-privileges:true'],
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } },
    configs: Object.keys(container.files).map((target, index) => ({ source: `${name}-${index}`, target, mode: 0o644 })),
    volumes: container.mounts.map(({ volume, path, readOnly }) => ({
      type: 'volume',
      source: volume,
      target: path,
      read_only: readOnly,
    })),
    ...(network === undefined
      ? { network_mode: 'none' }
      : { networks: { environment: network.address === undefined ? {} : { ipv4_address: network.address } } }),
    ...(server === undefined
      ? { restart: 'no' }
      : {
          hostname: name,
          restart: 'unless-stopped',
          mem_limit: `${server.memoryMb}m`,
          memswap_limit: `${server.memoryMb}m`,
          ...(server.openFiles !== undefined && { ulimits: { nofile: server.openFiles } }),
          healthcheck: {
            test: server.health.command,
            interval: `${checkInterval(server.health)}s`,
            timeout: `${server.health.timeoutSeconds}s`,
            retries: server.health.retries,
            start_period: `${server.health.startPeriodSeconds}s`,
          },
          stop_signal: server.stopSignal,
          stop_grace_period: `${server.stopSeconds}s`,
        }),
    ...(sharedMemoryMb !== undefined && { shm_size: `${sharedMemoryMb}m` }),
    ...(scratchMb !== undefined && { read_only: true, tmpfs: [`/tmp:size=${scratchMb}m,mode=1777`] }),
    extra_hosts: hosts,
    ports: ports?.numbers.map((port) => `${ports.address}:${port}:${port}`) ?? [],
    depends_on: Object.fromEntries(
      Object.entries(container.after).map(([other, condition]) => [other, { condition: CONDITIONS[condition] }]),
    ),
  };
}
