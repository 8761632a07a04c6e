import { run } from '../../cli/setup/process';
import { sandboxImageTags } from '../../images/tags';
import { CLUSTER_PORT } from '../../topology/deployment-toml';
import { killContainer } from '../chaos/pair';
import { ensureHazelcastImage } from '../support/hazelcast-image';
import { type ClusterMember, HazelcastMembers } from '../support/hazelcast-members';
import { connectingTo } from '../support/opens-connection';
import { placeOf } from '../support/places';
import { docker, Workspace } from '../support/workspace';

// Identity Server's whole configuration, clustering with it, on the sandbox's server with Hazelcast in it: its members are fixed addresses here.

const { name: NAME, hostname, bindAddress, network, subnet } = placeOf('e2e-clustering');
const NODES = [`${NAME}-node-1`, `${NAME}-node-2`] as const;
/** Where each node is for the other. */
const ADDRESSES = [11, 12].map((host) => `${network}.${host}`);
const MEMBERS = ADDRESSES.map((address) => `${address}:${CLUSTER_PORT}`);
const workspace = new Workspace();
const members = new HazelcastMembers((node, ...command) => docker('exec', NODES[node - 1] as string, ...command));

beforeAll(async () => {
  await configure(await ensureHazelcastImage(), { heapMb: 384 });
  await workspace.make('up', NAME);
}, 900_000);

afterAll(async () => {
  try {
    await networkRules('remove');
  } finally {
    await workspace.dispose();
  }
}, 300_000);

function configure(image: string, { heapMb }: { heapMb: number }): Promise<void> {
  const { postgresql, nginx } = sandboxImageTags();
  return workspace.configure(
    NAME,
    `[network]
subnet = "${subnet}"
[identity_server]
distribution = "wso2is-7.1.0"
image = "${image}"
memory_mb = 1024
heap_mb = ${heapMb}
[database]
image = "${postgresql}"
[load_balancer]
image = "${nginx}"
hostname = "${hostname}"
bind_address = "${bindAddress}"
`,
  );
}

async function networkRules(...words: string[]): Promise<void> {
  const { stdout } = await workspace.make('network-rules', NAME);
  await run('sh', ['-s', ...words], { input: stdout });
}

/** Whether a container of the environment's network that is no node opens a connection to the members' port of node 1. */
async function strangerConnects(): Promise<boolean> {
  const words = connectingTo(ADDRESSES[0] as string, CLUSTER_PORT);
  const stranger = ['--rm', '--label', 'wso2-is-active-active.test=1', '--network', NAME, '--entrypoint', 'sh'];
  return Number(await docker('run', ...stranger, sandboxImageTags().nginx, '-c', words)) > 0;
}

/** Ids of the members that are the same in both. */
function idsOfBoth(one: readonly ClusterMember[], other: readonly ClusterMember[]): string[] {
  return one.map(({ id }) => id).filter((id) => other.some((member) => member.id === id));
}

test('after the first start both nodes are one cluster, at the addresses of the configuration, and hear each other', async () => {
  const cluster = await members.untilOneCluster(10);
  expect(cluster.map(({ address }) => address)).toEqual(MEMBERS);
  await members.tell(1, 'one');
  await members.tell(2, 'two');
  const { stdout } = await workspace.make('status', NAME);
  for (const node of ['node-1', 'node-2']) {
    expect(stdout).toMatch(new RegExp(`${node} +running +healthy +yes +2 of 2`));
  }
}, 60_000);

test('a node that is killed leaves, and is a member again as Docker starts it, behind the rules of `make network-rules`, which keep strangers out', async () => {
  const before = await members.untilOneCluster(10);
  expect(await strangerConnects()).toBe(true);
  await networkRules();
  expect(await strangerConnects()).toBe(false);
  await killContainer(NODES[1]);
  await members.untilAlone(1, 30);
  const after = await members.untilOneCluster(90);
  expect(after.map(({ address }) => address)).toEqual(MEMBERS);
  expect(idsOfBoth(before, after)).toEqual([before[0]?.id]);
  await members.tell(2, 'three');
}, 150_000);

test('a roll behind these rules ends with both new nodes in one cluster', async () => {
  const before = await members.untilOneCluster(10);
  await configure(await ensureHazelcastImage(), { heapMb: 400 });
  await workspace.make('up', NAME);
  const after = await members.untilOneCluster(10);
  expect(after.map(({ address }) => address)).toEqual(MEMBERS);
  expect(idsOfBoth(before, after)).toEqual([]);
  await members.tell(1, 'four');
  await members.tell(2, 'five');
}, 300_000);
