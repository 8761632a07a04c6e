import type { DistributionName } from '../catalogue/distributions';
import type { Environment } from '../environment/schema';
import type { Layout } from './layout';

/** What clients find behind the load balancer's URL. */
export interface ServiceTopology {
  readonly distribution: DistributionName;
  /** The nodes' own health request. */
  readonly healthPath: string;
  /** Where administrators log in. */
  readonly consolePath: string;
  /** Whether a cookie chooses the node. */
  readonly affinity: boolean;
  /** Whether clients are asked for certificates. */
  readonly clientCertificates: boolean;
  /** Whether user names are e-mail addresses. */
  readonly emailUsernames: boolean;
  /** Whether the financial services accelerator is in the nodes. */
  readonly accelerator: boolean;
  /** Whether the server is one that this project builds, and so has no OpenID Connect. */
  readonly sandbox: boolean;
}

export function serviceTopology(environment: Environment, { distribution }: Layout): ServiceTopology {
  const { identity_server: server, load_balancer: balancer, authorities } = environment;
  return {
    distribution: server.distribution,
    healthPath: distribution.healthPath,
    consolePath: distribution.consolePath,
    affinity: balancer.affinity === 'cookie',
    clientCertificates: authorities.clients !== undefined,
    emailUsernames: distribution.emailUsernames,
    accelerator: distribution.accelerator !== undefined,
    sandbox: distribution.images === 'sandbox',
  };
}
