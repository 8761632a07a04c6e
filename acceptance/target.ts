/** A pair as its clients know it: an address, names and credentials. Nothing here says how it was made. */
export interface Target {
  /** Name for people and for the folder of the reports. */
  readonly environment: string;
  /** The URL that users see, without a path. */
  readonly origin: string;
  /** Address to connect to; the name in the origin is still what is asked for and what the certificate must be for. */
  readonly address: string;
  readonly port: number;
  /** Authorities to trust, PEM. @default - those of Node.js */
  readonly authorities?: string;
  /** Values of the affinity cookie, one for each node. */
  readonly nodes: readonly string[];
  /** Whether the cookie ISROUTE chooses the node. */
  readonly affinity: boolean;
  readonly administrator: Credentials;
  /** Path prefixes that the load balancer answers with 403. */
  readonly deniedPaths: readonly string[];
  /** The nodes' own health request. */
  readonly healthPath: string;
  /** Where administrators log in. */
  readonly consolePath: string;
  /** Whether the server may lack OpenID Connect and its management, as the sandbox's Carbon server does. */
  readonly maybeCarbon: boolean;
  /** Whether the load balancer asks clients for certificates. */
  readonly clientCertificates: boolean;
  /** Whether the financial services accelerator is in the nodes. */
  readonly accelerator: boolean;
  /** Seconds of silence after which a request is given up. The first log-in page of a node is compiled, which takes some. @default 30 */
  readonly timeoutSeconds?: number;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}
