import type { Construct } from 'constructs';
import { componentLabels } from '../topology/names';
import type { StackTopology } from '../topology/stacks';
import type { Topology } from '../topology/topology';
import { ClusterNetwork } from './cluster-network';
import { EnvironmentStack } from './environment-stack';
import { IdentityServerNode } from './identity-server-node';

/** The layer of one identity server. */
export class NodeStack extends EnvironmentStack {
  constructor(scope: Construct, stack: StackTopology, topology: Topology) {
    super(scope, { ...stack, engineHost: topology.engineHost });
    const node = topology.nodes.find(({ containerName }) => containerName === stack.name);
    if (node === undefined) throw new Error(`the topology has no node for stack ${stack.name}`);
    new IdentityServerNode(this, 'identity-server', {
      ...node,
      image: this.addImage('identity-server-image', node.image).imageId,
      network: ClusterNetwork.fromName(topology.network.name),
      labels: componentLabels(topology)(node.name),
    });
  }
}
