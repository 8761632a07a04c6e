import { checkInterval } from '../../../constructs/container-defaults';
import type { HealthCheck } from '../../../topology/container';
import type { Topology } from '../../../topology/topology';
import { type PeerContainer, peerContainers, peerVolumes } from './containers';

/** The environment as one Terraform configuration with one state, in JSON: what a team writes that has no layers. */
export function singleStack(topology: Topology): string {
  const containers = peerContainers(topology);
  const startedFor = containers.flatMap(({ after }) =>
    Object.keys(after).filter((other) => after[other] === 'started'),
  );
  const { network, localFiles, jobs } = topology;
  const images = [...new Set(containers.map(({ image }) => image))];
  const labels = Object.entries(topology.labels).map(([label, value]) => ({ label, value }));
  const imageId = (image: string) => `\${docker_image.image-${images.indexOf(image)}.image_id}`;
  const configuration = {
    terraform: {
      required_providers: {
        docker: { source: 'kreuzwerker/docker', version: '~> 4.6' },
        local: { source: 'hashicorp/local', version: '~> 2.6' },
      },
      backend: { local: {} },
    },
    provider: { docker: {}, local: {} },
    resource: {
      docker_image: Object.fromEntries(images.map((name, index) => [`image-${index}`, { name, keep_locally: true }])),
      docker_network: {
        environment: {
          name: network.name,
          driver: 'bridge',
          labels,
          ipam_config: { subnet: network.subnet, gateway: network.gateway, ip_range: network.dynamicRange },
        },
      },
      docker_volume: Object.fromEntries(peerVolumes(containers).map((name) => [name, { name, labels }])),
      docker_container: Object.fromEntries(
        containers.map((container) => [
          container.name,
          { ...resource(container, !startedFor.includes(container.name)), image: imageId(container.image), labels },
        ]),
      ),
      local_file: {
        certificate: {
          filename: 'ca.crt',
          content: `\${docker_container.${jobs.keystores.name}.container_logs}`,
          file_permission: '0644',
        },
        hosts: { filename: 'hosts', content: localFiles.hostsLines, file_permission: '0644' },
      },
    },
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}

/** @param waits whether an apply waits until a server is healthy */
function resource(container: PeerContainer, waits: boolean) {
  const { name, server, network, scratchMb, sharedMemoryMb, hosts = {}, ports } = container;
  return {
    name,
    user: container.user,
    ...(container.entrypoint && { entrypoint: container.entrypoint.map(literal) }),
    command: container.command,
    env: Object.entries(container.environment).map(([key, value]) => literal(`${key}=${value}`)),
    capabilities: {
      drop: ['ALL'],
      ...(container.capabilities.length > 0 && { add: container.capabilities }),
    },
    security_opts: ['no-new-privileges:true'],
    log_driver: 'json-file',
    log_opts: { 'max-size': '10m', 'max-file': '5' },
    upload: Object.entries(container.files).map(([file, content]) => ({
      file,
      content: literal(content),
      permissions: '0644',
    })),
    volumes: container.mounts.map(({ volume, path, readOnly }) => ({
      volume_name: `\${docker_volume.${volume}.name}`,
      container_path: path,
      ...(readOnly && { read_only: true }),
    })),
    ...(network === undefined
      ? { network_mode: 'none' }
      : {
          networks_advanced: {
            // biome-ignore lint/suspicious/noTemplateCurlyInString: a Terraform expression
            name: '${docker_network.environment.name}',
            ...(network.address !== undefined && { ipv4_address: network.address }),
          },
        }),
    ...(server === undefined
      ? {
          restart: 'no',
          must_run: false,
          attach: true,
          logs: true,
          lifecycle: {
            // biome-ignore lint/suspicious/noTemplateCurlyInString: a Terraform expression
            postcondition: { condition: '${self.exit_code == 0}', error_message: `${name} failed.` },
          },
        }
      : {
          hostname: name,
          restart: 'unless-stopped',
          memory: server.memoryMb,
          memory_swap: server.memoryMb,
          ...(server.openFiles !== undefined && {
            ulimit: { name: 'nofile', soft: server.openFiles, hard: server.openFiles },
          }),
          healthcheck: healthcheck(server.health),
          wait: waits,
          wait_timeout: server.startTimeoutSeconds,
          stop_signal: server.stopSignal,
          stop_timeout: server.stopSeconds,
          destroy_grace_seconds: server.stopSeconds,
        }),
    ...(sharedMemoryMb !== undefined && { shm_size: sharedMemoryMb }),
    ...(scratchMb !== undefined && {
      read_only: true,
      mounts: { type: 'tmpfs', target: '/tmp', tmpfs_options: { size_bytes: scratchMb * 2 ** 20, mode: 0o1777 } },
    }),
    host: Object.entries(hosts).map(([host, ip]) => ({ host, ip })),
    ports: ports?.numbers.map((port) => ({ internal: port, external: port, ip: ports.address })) ?? [],
    depends_on: Object.keys(container.after).map((other) => `docker_container.${other}`),
  };
}

function healthcheck(health: HealthCheck) {
  const { command, timeoutSeconds, retries, startPeriodSeconds } = health;
  return {
    test: command,
    interval: duration(checkInterval(health)),
    timeout: duration(timeoutSeconds),
    retries,
    start_period: duration(startPeriodSeconds),
  };
}

/** As the provider reads it back; any other spelling is a change in every plan. */
function duration(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** Text that Terraform must not read as a template. */
function literal(text: string): string {
  return text.replace(/[$%](?=\{)/g, '$&$&');
}
