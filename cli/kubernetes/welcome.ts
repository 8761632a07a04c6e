import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CERTIFICATES_PATH } from '../../topology/volumes';
import { passwordCommand } from '../welcome';
import type { ClusterContext } from './cluster-context';

/** What somebody needs to know to use the environment; writes the certificate of its authority where it is looked for. */
export async function welcomeToCluster({
  topology,
  cluster,
}: Pick<ClusterContext, 'topology' | 'cluster'>): Promise<string> {
  const { loadBalancer, environment, adminUsername } = topology;
  const { namespace, publish } = cluster.platform;
  const places = {
    'node-port': 'the address of any machine of the cluster: kubectl get nodes -o wide',
    'load-balancer': `what "kubectl -n ${namespace} get service ${loadBalancer.containerName}" calls EXTERNAL-IP`,
    'cluster-ip': 'what your ingress has, which must pass TLS through',
  };
  const file = join('build', environment, 'ca.crt');
  if (loadBalancer.certificate === 'issued') {
    const read = ['exec', `deployment/${loadBalancer.containerName}`, '--', 'cat', `${CERTIFICATES_PATH}/ca.crt`];
    const certificate = await cluster.kubectl(read);
    mkdirSync(join('build', environment), { recursive: true });
    writeFileSync(file, certificate, { mode: 0o644 });
  }
  return `
${environment} is up.

  URL             ${loadBalancer.consoleUrl}
  Name            ${loadBalancer.hostname} must lead to ${places[publish]}${
    loadBalancer.certificate === 'issued'
      ? `\n  Certificate     ${file} (trust it, or pass it to curl with --cacert)`
      : ''
  }
  Administrator   ${adminUsername}; password: ${passwordCommand(topology)}
  State           make status ENVIRONMENT=${environment}
`;
}
