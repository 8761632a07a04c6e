import type { Lab } from './lab';

/** What a check cannot do without. Where it is missing, the runner says why and does not begin. */
export type Need =
  /** OpenID Connect. */
  | 'openid'
  /** The administrator's interfaces: users, applications, identity providers. */
  | 'management'
  /** The affinity cookie, by which a client chooses the node. */
  | 'affinity'
  /** Client certificates in the load balancer. */
  | 'client-certificates'
  /** The financial services accelerator. */
  | 'accelerator'
  /** Somebody who may take nodes away. */
  | 'failover'
  /** An address at which nodes reach whoever runs the suite. */
  | 'back-channel'
  /** Leave to make consents, which nobody can delete. */
  | 'consents'
  /** Paths that the load balancer closes. */
  | 'denied-paths';

/** One promise and how a client sees whether it holds. One file each in `checks/`; that it lies there is enough. */
export interface Check {
  /** Letter of the subject and a number: also the order. */
  readonly id: string;
  /** The promise, as one sentence. */
  readonly promise: string;
  /** What is done, in the words of the dry run. A and B are two nodes. */
  readonly does: string;
  readonly needs: readonly Need[];
  /** What it creates; everything is removed again. @default - nothing */
  readonly makes?: readonly string[];
  /** Where to look when it is broken. */
  readonly look: string;
  /** Defects of the stand-in, each of which must break it: a check that nothing can break is none. */
  readonly provenBy: readonly string[];
  /** Whether it runs once, instead of once for each node as A. @default false */
  readonly once?: boolean;
  /** @throws Broken, Skipped or Unclear; what returns has held */
  run(lab: Lab, a: string, b: string): Promise<void>;
}

/** Where to look for the usual causes. */
export const LOOK = {
  cluster:
    'whether the nodes form a cluster: CLUSTER in "make status", "Member" in the nodes\' logs, port 4000 between them',
  database: '[database] in deployment.toml on both nodes: they must have the same databases',
  sessions: '[session_data.persistence] in deployment.toml: sessions and temporary data persisted, write pool 0',
  names: '[server] hostname and [transport.https.properties] proxyPort in deployment.toml of that node',
  keys: 'the keystores on the nodes: "make status" shows the signing certificates',
  balancer: 'the load balancer: "make status", and its configuration in nginx.conf',
} as const;
