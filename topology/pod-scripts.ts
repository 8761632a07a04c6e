import type { TopologyAssets } from '../environment/assets';
import { runtimeScript } from './runtime-script';

/** What goes before and after the jobs' scripts in pods. */
export interface PodScripts {
  /** Before a job: its folders get what their Secrets hold. */
  readonly loadSecrets: string;
  /** After it: their Secrets get what the folders hold. */
  readonly storeSecrets: string;
  /** Before what hands files to others, which nobody does in a pod. */
  readonly givenFiles: string;
  /** Before what runs Nginx. */
  readonly resolver: string;
  /** Before what needs the token by which nodes know the load balancers. */
  readonly loadBalancerToken: string;
}

export function podScripts(assets: Pick<TopologyAssets, 'runtime'>): PodScripts {
  return {
    loadSecrets: runtimeScript(assets, 'jobs/load-secrets.sh'),
    storeSecrets: runtimeScript(assets, 'jobs/store-secrets.sh'),
    givenFiles: runtimeScript(assets, 'kubernetes/given-files.sh'),
    resolver: runtimeScript(assets, 'kubernetes/resolver.sh'),
    loadBalancerToken: runtimeScript(assets, 'kubernetes/load-balancer-token.sh'),
  };
}
