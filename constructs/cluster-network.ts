import { Network } from '@cdktf/provider-docker/lib/network';
import { Construct } from 'constructs';
import { dockerLabels, type Labels } from './container-defaults';

export interface ClusterNetworkProps {
  /** Name of the network, unique on the engine. */
  readonly name: string;
  /** Private IPv4 subnet, such as 172.30.10.0/24. */
  readonly subnet: string;
  /** Address of the bridge in the subnet. */
  readonly gateway: string;
  /** Part of the subnet for containers without a fixed address. */
  readonly dynamicRange: string;
  readonly labels: Labels;
}

/** The private network of one environment. Every long-running container has a fixed address in it. */
export class ClusterNetwork extends Construct {
  readonly name: string;
  readonly network: Network;

  constructor(scope: Construct, id: string, props: ClusterNetworkProps) {
    super(scope, id);
    this.network = new Network(this, 'Default', {
      name: props.name,
      driver: 'bridge',
      ipamConfig: [{ subnet: props.subnet, gateway: props.gateway, ipRange: props.dynamicRange }],
      labels: dockerLabels(props.labels),
    });
    this.name = props.name;
  }
}
