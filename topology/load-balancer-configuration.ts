import { createHash } from 'node:crypto';
import { HEALTH_FILE, loadBalancerHealthScript } from './load-balancer-health';
import { renderNginxConf } from './nginx-conf';
import { PASSED_ON_CONF, PASSED_ON_FILE } from './nginx-logs';
import type { NginxConfProps } from './nginx-props';
import { allInRotationFile, filesOfOtherNumbers } from './nginx-routing';

/** The files of one revision of the load balancer's configuration, by name. */
export interface LoadBalancerConfiguration {
  /** Content hash of all files; the running load balancer reports it. */
  readonly revision: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Scripts that nginx.conf imports. */
export interface LoadBalancerScripts {
  readonly routing: string;
  readonly clientCertificate: string;
  /** Imported where the nodes are found by name. @default - they are not */
  readonly pods?: string;
}

/** The lists of revoked client certificates. */
export const REVOCATIONS_FILE = 'client-crl.pem';

/** Puts together what the configuration job installs. */
export function loadBalancerConfiguration(
  props: NginxConfProps,
  scripts: LoadBalancerScripts,
): LoadBalancerConfiguration {
  const nginxConf = renderNginxConf(props);
  const facts = {
    affinity: props.affinity,
    allInRotation: allInRotationFile(props.nodes),
    ofOtherNumbers: filesOfOtherNumbers(props.nodes),
    controlPort: props.controlPort,
    nodes: props.nodes.map(({ name }) => name),
  };
  const forClientCertificates: Record<string, string> =
    props.clientAuthorities === undefined
      ? {}
      : {
          'client-ca.pem': props.clientAuthorities,
          'client-certificate.js': scripts.clientCertificate,
          ...(props.clientRevocations !== undefined && { [REVOCATIONS_FILE]: props.clientRevocations }),
        };
  const forNames: Record<string, string> =
    props.nodesByName && scripts.pods !== undefined ? { 'pods.js': scripts.pods } : {};
  const health = loadBalancerHealthScript(props);
  const revision = createHash('sha256')
    .update(
      JSON.stringify([
        nginxConf,
        scripts.routing,
        health,
        PASSED_ON_CONF,
        facts,
        ...Object.values({ ...forClientCertificates, ...forNames }),
      ]),
    )
    .digest('hex')
    .slice(0, 12);
  const topologyJs = `export default ${JSON.stringify({ revision, ...facts }, null, 2)};\n`;
  return {
    revision,
    files: {
      'nginx.conf': nginxConf,
      'routing.js': scripts.routing,
      'topology.js': topologyJs,
      [HEALTH_FILE]: health,
      [PASSED_ON_FILE]: PASSED_ON_CONF,
      ...forClientCertificates,
      ...forNames,
    },
  };
}
