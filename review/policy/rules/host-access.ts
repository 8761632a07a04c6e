import { at, entries } from '../../plan/kubernetes-object';
import { blocks, forContainers } from '../containers';
import { anyOf, forPodContainers, forPods } from '../pods';
import type { Rule } from '../rule';

export const hostAccess: Rule = {
  reason:
    'files, devices and namespaces of the Docker host lead out of the container; its socket makes the container root of the host',
  fix: 'use named volumes and the environment’s own network',
  onKubernetes: {
    reason: 'files, ports and namespaces of the machine lead out of the pod, to all that runs there',
    fix: 'use Secrets, claims and the network of pods',
  },
  check: anyOf(
    forContainers('all', ({ values }) => [
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
    forPods('all', ({ pod }) => [
      ...['hostNetwork', 'hostPID', 'hostIPC']
        .filter((key) => pod[key] === true)
        .map((key) => `shares the machine's namespace: ${key}`),
      ...entries(pod.volumes)
        .map(({ hostPath }) => at(hostPath, 'path'))
        .filter((path) => path !== undefined)
        .map((path) => `has ${path} of the machine`),
    ]),
    forPodContainers('all', ({ ports }) =>
      entries(ports)
        .filter(({ hostPort }) => hostPort !== undefined)
        .map(({ hostPort }) => `takes port ${hostPort} of the machine`),
    ),
  ),
};
