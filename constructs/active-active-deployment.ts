import { File } from '@cdktf/provider-local/lib/file';
import { LocalProvider } from '@cdktf/provider-local/lib/provider';
import { Construct } from 'constructs';
import { componentLabels, type Topology } from '../topology/topology';
import { ClusterNetwork } from './cluster-network';
import { EnvironmentStack } from './environment-stack';
import { IdentityServerNode } from './identity-server-node';
import { KeystoreVolume } from './keystore-volume';
import { NginxLoadBalancer } from './nginx-load-balancer';
import { SchemaJob } from './schema-job';
import { SharedDatabase } from './shared-database';

/**
 * One environment as a stack for each layer: foundation, every node, load balancer. They are applied in this order, so a change
 * reaches the second node only when the first is healthy again; in a single stack Terraform would stop both at once.
 */
export class ActiveActiveDeployment extends Construct {
  readonly stacks: readonly EnvironmentStack[];

  constructor(scope: Construct, topology: Topology) {
    super(scope, topology.environment);
    const build = { foundation, node, 'load-balancer': loadBalancer };
    let nodesBuilt = 0;
    this.stacks = topology.stacks.map((stack) => {
      const index = stack.layer === 'node' ? nodesBuilt++ : 0;
      return build[stack.layer](scope, topology, stack, index);
    });
    this.stacks.forEach((stack, index) => {
      const before = this.stacks[index - 1];
      if (before) stack.addDependency(before);
    });
  }
}

type Layer = (
  scope: Construct,
  topology: Topology,
  stack: Topology['stacks'][number],
  index: number,
) => EnvironmentStack;

const foundation: Layer = (scope, topology, stack) => {
  const layer = new EnvironmentStack(scope, { stack, engineHost: topology.engineHost, providers: ['local'] });
  new LocalProvider(layer, 'local');
  const serverImage = layer.addImage('identity-server-image', topology.jobs.secrets.image).imageId;
  const { container } = topology.database;
  const { schema } = topology.jobs;
  const databaseImageName = container?.image ?? schema?.run.image;
  const databaseImage = databaseImageName && layer.addImage('database-image', databaseImageName).imageId;
  const labels = componentLabels(topology);

  const network = new ClusterNetwork(layer, 'network', { ...topology.network, labels: labels('network') });
  const keystores = new KeystoreVolume(layer, 'keystore', {
    volumes: topology.volumes,
    secretsJob: { ...topology.jobs.secrets, image: serverImage },
    keystoresJob: { ...topology.jobs.keystores, image: serverImage },
    protected: topology.protected,
    labels: labels('keystore'),
  });
  const database = new SharedDatabase(layer, 'database', {
    database: {
      ...topology.database,
      ...(container && { container: { ...container, image: databaseImage ?? container.image } }),
    },
    dataVolume: topology.volumes.databaseData,
    network,
    secrets: keystores,
    protected: topology.protected,
    labels: labels('database'),
  });
  if (schema) {
    new SchemaJob(layer, 'schema', {
      scriptsJob: { ...schema.scripts, image: serverImage },
      schemaJob: { ...schema.run, image: databaseImage ?? schema.run.image },
      scriptsVolume: topology.volumes.schemaScripts,
      database,
      network,
      secrets: keystores,
      owner: topology.databaseOwner,
      labels: labels('schema'),
    });
  }
  new File(layer, 'ca-certificate', {
    filename: topology.laptop.certificateFile,
    content: keystores.certificate,
    filePermission: '0644',
  });
  new File(layer, 'hosts', {
    filename: topology.laptop.hostsFile,
    content: topology.laptop.hostsLines,
    filePermission: '0644',
  });
  return layer;
};

const node: Layer = (scope, topology, stack, index) => {
  const layer = new EnvironmentStack(scope, { stack, engineHost: topology.engineHost });
  const placed = topology.nodes[index];
  if (placed === undefined) throw new Error(`the topology has no node for stack ${stack.name}`);
  new IdentityServerNode(layer, 'identity-server', {
    node: placed,
    image: layer.addImage('identity-server-image', placed.image).imageId,
    network: topology.network.name,
    secretsVolume: topology.volumes.identityServerSecrets,
    keystoresVolume: topology.volumes.keystores,
    labels: componentLabels(topology)(placed.name),
  });
  return layer;
};

const loadBalancer: Layer = (scope, topology, stack) => {
  const layer = new EnvironmentStack(scope, { stack, engineHost: topology.engineHost });
  new NginxLoadBalancer(layer, 'load-balancer', {
    loadBalancer: topology.loadBalancer,
    image: layer.addImage('load-balancer-image', topology.loadBalancer.image).imageId,
    configurationJob: topology.jobs.loadBalancerConfiguration,
    configurationVolume: topology.volumes.loadBalancerConfiguration,
    certificatesVolume: topology.volumes.loadBalancerCertificates,
    network: topology.network.name,
    labels: componentLabels(topology)('load-balancer'),
  });
  return layer;
};
