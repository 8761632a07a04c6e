import { Network } from '@cdktf/provider-docker/lib/network';
import { Construct } from 'constructs';
import type { NetworkTopology } from '../topology/topology';
import { dockerLabels, type Labels, type NamedNetwork } from './container-defaults';

export interface ClusterNetworkProps extends NetworkTopology {
  readonly labels: Labels;
}

/** The private network of one environment. Every long-running container has a fixed address in it. */
export class ClusterNetwork extends Construct implements NamedNetwork {
  readonly network: Network;

  constructor(scope: Construct, id: string, props: ClusterNetworkProps) {
    super(scope, id);
    this.network = new Network(this, 'Default', {
      name: props.name,
      driver: 'bridge',
      ipamConfig: [{ subnet: props.subnet, gateway: props.gateway, ipRange: props.dynamicRange }],
      labels: dockerLabels(props.labels),
    });
  }

  /** A network of another stack, which must be there when this one is applied. */
  static fromName(name: string): NamedNetwork {
    return { name };
  }

  /** Name of the network, as a reference: who uses it depends on the network. */
  get name(): string {
    return this.network.name;
  }
}
