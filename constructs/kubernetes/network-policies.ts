import { k8s } from 'cdk8s-plus-32';
import { Construct } from 'constructs';
import type { Role } from '../../topology/names';
import { type PartyWay, partyWays } from '../../topology/network-rules';
import type { Topology } from '../../topology/topology';
import type { Labels } from '../container-defaults';

export interface NetworkPoliciesProps {
  readonly environment: string;
  /** The topology, whose table of ways is placed. */
  readonly ways: Topology;
  /** Labels that every pod of the environment has. */
  readonly everyPod: Labels;
  /** Labels that all pods of a kind have. */
  readonly labelsOf: (role: Role) => Labels;
}

const TARGETS: readonly Role[] = ['node', 'load-balancer', 'database'];

/** Nothing reaches a pod of the environment but what has a way to it. They hold where the cluster's network enforces them. */
export class NetworkPolicies extends Construct {
  constructor(scope: Construct, id: string, props: NetworkPoliciesProps) {
    super(scope, id);
    const { environment, everyPod, labelsOf } = props;
    new k8s.KubeNetworkPolicy(this, 'nothing', {
      metadata: { name: `${environment}-nothing` },
      spec: { podSelector: { matchLabels: { ...everyPod } }, policyTypes: ['Ingress'] },
    });
    const all = partyWays(props.ways);
    for (const role of TARGETS) {
      const ways = all.filter(({ to }) => to === role);
      if (ways.length === 0) continue;
      new k8s.KubeNetworkPolicy(this, role, {
        metadata: { name: `${environment}-to-${role}` },
        spec: {
          podSelector: { matchLabels: { ...labelsOf(role) } },
          policyTypes: ['Ingress'],
          ingress: ways.map((way) => ruleOf(way, labelsOf)),
        },
      });
    }
  }
}

function ruleOf({ from, port }: PartyWay, labelsOf: (role: Role) => Labels): k8s.NetworkPolicyIngressRule {
  return {
    ...(from !== 'everybody' && { from: [{ podSelector: { matchLabels: { ...labelsOf(from) } } }] }),
    ports: [{ protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) }],
  };
}
