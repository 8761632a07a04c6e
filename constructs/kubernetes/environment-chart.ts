import { Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-32';
import type { Construct } from 'constructs';
import { componentLabels, LABEL_PREFIX, ROLE_LABEL, type Role } from '../../topology/names';
import type { KubernetesPlatform } from '../../topology/platform';
import type { StackTopology } from '../../topology/stacks';
import type { Topology } from '../../topology/topology';
import type { Labels } from '../container-defaults';

/** One layer of an environment as objects of a cluster: what a stack is to Terraform. */
export abstract class EnvironmentChart extends Chart {
  protected readonly platform: KubernetesPlatform;

  constructor(
    scope: Construct,
    readonly stack: StackTopology,
    protected readonly topology: Topology,
  ) {
    super(scope, stack.name, {
      namespace: platformOf(topology).namespace,
      labels: { ...topology.labels },
      disableResourceNameHashes: true,
    });
    this.platform = platformOf(topology);
  }

  /** Labels of a pod. */
  protected podLabels(component: string, role: Role): Labels {
    return { ...componentLabels(this.topology)(component), [ROLE_LABEL]: role };
  }

  /** Chooses all pods of a kind. */
  protected roleLabels(role: Role): Labels {
    return { ...this.topology.labels, [ROLE_LABEL]: role };
  }

  /** Chooses the pods of one component. */
  protected componentSelector(component: string): Labels {
    return { ...this.topology.labels, [`${LABEL_PREFIX}.component`]: component };
  }
}

export function platformOf({ environment, platform }: Topology): KubernetesPlatform {
  if (platform.kind !== 'kubernetes') throw new Error(`${environment} is not on Kubernetes`);
  return platform;
}

/** A name that leads to the addresses of pods, not to one that stands for them. */
export function headless(
  name: string,
  selector: Labels,
  ports: readonly k8s.ServicePort[],
  publishNotReadyAddresses = false,
): k8s.KubeServiceProps {
  return {
    metadata: { name },
    spec: {
      clusterIp: 'None',
      selector: { ...selector },
      ports: [...ports],
      ...(publishNotReadyAddresses && { publishNotReadyAddresses }),
    },
  };
}
