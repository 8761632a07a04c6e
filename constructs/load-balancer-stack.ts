import type { Construct } from 'constructs';
import { componentLabels } from '../topology/names';
import type { StackTopology } from '../topology/stacks';
import type { Topology } from '../topology/topology';
import { ClusterNetwork } from './cluster-network';
import { EnvironmentStack } from './environment-stack';
import { NginxLoadBalancer } from './nginx-load-balancer';

/** The layer of the load balancer. */
export class LoadBalancerStack extends EnvironmentStack {
  constructor(scope: Construct, stack: StackTopology, topology: Topology) {
    super(scope, { ...stack, engineHost: topology.engineHost });
    const { loadBalancer, jobs, volumes } = topology;
    const image = this.addImage('load-balancer-image', loadBalancer.image).imageId;
    new NginxLoadBalancer(this, 'load-balancer', {
      ...loadBalancer,
      image,
      configurationJob: { ...jobs.loadBalancerConfiguration, image },
      configurationVolume: volumes.loadBalancerConfiguration,
      network: ClusterNetwork.fromName(topology.network.name),
      labels: componentLabels(topology)(volumes.loadBalancerConfiguration.component),
    });
  }
}
