import type { ReplayablePath } from '../catalogue/distributions';
import type { LoadBalancerCapacity } from '../environment/load-balancer-capacity';
import type { ClientLimit } from './nginx-limits';
import type { RateLimit } from './nginx-rates';

/** What the load balancer's configuration is made from. */
export interface NginxConfProps {
  /** Public host name, the only one that is served. */
  readonly hostname: string;
  /** Paths of the certificate that clients see and of its key. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Port for the redirect, inside the container as outside. */
  readonly httpPort: number;
  /** HTTPS port, inside the container as outside: the accelerator's pages call the public URL from within the network. */
  readonly httpsPort: number;
  /** Port for drain requests, probes and status, reachable from the environment's network only. */
  readonly controlPort: number;
  /** The environment's subnet, which may read the status. @default - the control port is open to whom the network lets through */
  readonly subnet?: string;
  /** The identity servers in order: where they are. */
  readonly nodes: readonly { readonly name: string; readonly address: string }[];
  /** Whether that is names whose addresses change. @default - fixed addresses */
  readonly nodesByName?: boolean;
  /** HTTPS port of every node. */
  readonly nodePort: number;
  /** Request that succeeds only on a started server. */
  readonly healthPath: string;
  /** Whether a browser session stays on its node. */
  readonly affinity: boolean;
  /** How long a node may take to answer, in seconds. */
  readonly readTimeoutSeconds: number;
  /** Path prefixes that are not forwarded. */
  readonly deniedPaths: readonly string[];
  /** Paths whose requests may be sent to a second node although the first may have processed them. */
  readonly replayablePaths: readonly ReplayablePath[];
  /** What it is to hold. */
  readonly capacity: LoadBalancerCapacity;
  /** Requests of one client address at a time, and networks of clients with another limit. */
  readonly clientLimit: ClientLimit;
  /** Requests of one client address in a second where passwords can be guessed. @default - as many as it likes */
  readonly rateLimit?: RateLimit;
  /** The authorities whose client certificates are accepted, PEM. @default - no client is asked for a certificate */
  readonly clientAuthorities?: string;
  /** Which of their certificates are revoked, PEM. @default - revocation is not checked */
  readonly clientRevocations?: string;
}
