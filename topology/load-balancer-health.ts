import { LEAVING_FILE } from './nginx-names';
import { CERTIFICATES_PATH, CONFIGURATION_PATH } from './volumes';

interface PublicName {
  readonly hostname: string;
  readonly httpsPort: number;
}

/** Name of the health check's script among the files of the configuration. */
export const HEALTH_FILE = 'health.sh';

/**
 * The health check of the container. An engine cannot change that of a container which is there, so it is the same for every name
 * and certificate: what it asks comes with the configuration.
 */
export const LOAD_BALANCER_HEALTH: readonly string[] = [
  'CMD',
  '/bin/sh',
  `${CONFIGURATION_PATH}/current/${HEALTH_FILE}`,
];

/** One that is about to stop takes no new clients, and is well. */
const LEAVING_IS_WELL = `if [ -e ${LEAVING_FILE} ]; then exit 0; fi
`;

/**
 * Asks over TLS for the public name. The certificate that is served must be the one that is installed, whoever has issued it.
 *
 * @param nodesByName whether it is a pod, which says on that page that it is about to stop
 */
export function loadBalancerHealthScript({
  hostname,
  httpsPort,
  certificateFile,
  nodesByName = false,
}: PublicName & { readonly certificateFile: string; readonly nodesByName?: boolean }): string {
  return `#!/bin/sh
${nodesByName ? LEAVING_IS_WELL : ''}exec curl -fsS -o /dev/null -m 3 --cacert ${certificateFile} --resolve ${hostname}:${httpsPort}:127.0.0.1 \\
  https://${hostname}:${httpsPort}/load-balancer-health
`;
}

/** The health check that containers of the first release have. It works as long as name and kind of the certificate stay. */
export function firstReleaseHealth({ hostname, httpsPort }: PublicName, certificate: 'issued' | 'supplied'): string[] {
  const authority = `${CERTIFICATES_PATH}/${certificate === 'supplied' ? 'tls.crt' : 'ca.crt'}`;
  return [
    ...['CMD', 'curl', '-fsS', '-o', '/dev/null', '-m', '3', '--cacert', authority],
    ...['--resolve', `${hostname}:${httpsPort}:127.0.0.1`, `https://${hostname}:${httpsPort}/load-balancer-health`],
  ];
}
