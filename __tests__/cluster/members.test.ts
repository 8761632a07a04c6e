import { CLUSTER_PORT } from '../../topology/deployment-toml';
import { podsOf } from '../chaos/cluster/pods';
import { ClusterEnvironment } from '../support/cluster-environment';
import { ensureHazelcastImage } from '../support/hazelcast-image';
import { HazelcastMembers } from '../support/hazelcast-members';
import { opensConnection } from '../support/opens-connection';

// Identity Server's whole configuration, clustering with it, on the sandbox's server with Hazelcast in it: its members are names here.

const NAME = 'cluster-members';
const NODES = [`${NAME}-node-1`, `${NAME}-node-2`] as const;
const environment = new ClusterEnvironment(NAME, { http: 30_189, https: 30_589 });
const { kubectl } = environment;
const members = new HazelcastMembers((node, ...command) =>
  kubectl('exec', `deployment/${NODES[node - 1]}`, '--', ...command),
);

beforeAll(async () => {
  await environment.prepare({ identityServer: await ensureHazelcastImage() });
  await environment.workspace.make('up', NAME);
}, 1_500_000);

afterAll(() => environment.dispose(), 300_000);

/** Addresses of the nodes' pods, in the order of the nodes. */
async function podAddresses(): Promise<string[]> {
  const pods = JSON.parse(await kubectl('get', 'pods', '--output', 'json')) as { items: ListedPod[] };
  const here = pods.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return NODES.map((node) => here.find(({ metadata }) => metadata.name.startsWith(`${node}-`))?.status.podIP ?? '');
}

interface ListedPod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: { readonly podIP?: string };
}

/** The cluster that both nodes see, which must be of exactly their pods. */
async function expectOneClusterOfPods(seconds: number): Promise<string[]> {
  const cluster = await members.untilOneCluster(seconds);
  const addresses = await podAddresses();
  expect(cluster.map(({ address }) => address)).toEqual(addresses.map((each) => `${each}:${CLUSTER_PORT}`).sort());
  return addresses;
}

test('after the first start both nodes are one cluster of their pods’ addresses, found by name, and hear each other', async () => {
  await expectOneClusterOfPods(30);
  await members.tell(1, 'one');
  await members.tell(2, 'two');
  const { components } = await environment.status();
  const nodes = components.filter(({ component }) => component.startsWith('node-'));
  expect(nodes.map(({ clusterMembers }) => clusterMembers)).toEqual([2, 2]);
}, 120_000);

test('a node reaches the members’ port of the other, the load balancer does not', async () => {
  const [first = ''] = await podAddresses();
  expect(await opensConnection(kubectl, `deployment/${NODES[1]}`, first, CLUSTER_PORT)).toBe(true);
  expect(await opensConnection(kubectl, `deployment/${NAME}-load-balancer`, first, CLUSTER_PORT)).toBe(false);
}, 60_000);

test('a node whose pod is replaced is a member again, at its new address', async () => {
  const before = await podAddresses();
  await kubectl('delete', 'pod', '--selector', 'wso2-is-active-active.component=node-2');
  await environment.untilHealthy();
  const after = await expectOneClusterOfPods(60);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
  await members.tell(1, 'three');
  await members.tell(2, 'four');
}, 400_000);

test('nodes whose pods are replaced at the same moment form one cluster', async () => {
  const pods = await podsOf(NAME, NAME);
  const nodes = pods.filter(({ component }) => component.startsWith('node-')).map(({ name }) => name);
  await kubectl('delete', 'pod', ...nodes);
  await environment.untilHealthy();
  await expectOneClusterOfPods(60);
  await members.tell(1, 'five');
}, 400_000);
