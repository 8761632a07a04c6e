import { clientOf } from '../topology/platform';
import type { Topology } from '../topology/topology';

/** What somebody needs to know to use the environment. */
export function welcome(topology: Topology): string {
  const { loadBalancer, environment, localFiles } = topology;
  return `
${environment} is up.

  URL             ${loadBalancer.consoleUrl}
  Name            add this line to /etc/hosts: ${localFiles.hostsLines.trim()}
  Certificate     build/${environment}/ca.crt (trust it, or pass it to curl with --cacert)
  Administrator   ${topology.adminUsername}; password: ${passwordCommand(topology)}
  State           make status ENVIRONMENT=${environment}
`;
}

/** A command that prints the administrator's password, which only the Docker host has, or the cluster. */
export function passwordCommand(topology: Topology): string {
  const { nodes, platform, volumes } = topology;
  if (platform.kind === 'kubernetes') {
    return `${clientOf(platform)} get secret ${volumes.identityServerSecrets.name} -o jsonpath='{.data.ADMIN_PASSWORD}' | base64 -d`;
  }
  const [node] = nodes;
  const host = topology.engineHost === undefined ? '' : `-H ${topology.engineHost} `;
  return `docker ${host}exec ${node?.containerName} cat ${node?.secretsPath}/ADMIN_PASSWORD`;
}
