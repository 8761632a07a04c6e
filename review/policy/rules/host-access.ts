import { blocks, forContainers } from '../containers';
import type { Rule } from '../rule';

export const hostAccess: Rule = {
  reason:
    'files, devices and namespaces of the Docker host lead out of the container; its socket makes the container root of the host',
  fix: 'use named volumes and the environment’s own network',
  check: forContainers('all', ({ values }) => [
    ...['network_mode', 'pid_mode', 'ipc_mode', 'userns_mode']
      .filter((key) => values[key] === 'host')
      .map((key) => `shares the host's namespace: ${key}`),
    ...[
      ...blocks(values.volumes).map(({ host_path: path }) => path),
      ...blocks(values.mounts).map(({ type, source }) => (type === 'bind' ? source : '')),
      ...blocks(values.devices).map(({ host_path: path }) => path),
    ]
      .filter((path) => typeof path === 'string' && path !== '')
      .map((path) => `has ${path} of the Docker host`),
  ]),
};
