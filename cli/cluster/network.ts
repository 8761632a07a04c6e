import { UserError } from '../setup/errors';
import { run } from '../setup/process';
import { ADDRESSES, HOST_LINK, type MachineName, machineNamed, NETWORKS, overlapping, routesToPods } from './layout';
import { hostNetwork, machineNetwork } from './machine-files';
import { holderOf, openPlace, type Place, requireHolder, runIn } from './namespaces';

const BRIDGE = 'bridge';

/**
 * Makes the network of the cluster, where it is missing: a bridge in a place of its own, where no firewall of this machine sees what
 * the machines say to each other, and a link to this machine.
 */
export async function ensureNetwork(holder: string): Promise<void> {
  if (holderOf('network') !== undefined) return;
  await requireFreeAddresses();
  const pid = await openPlace('network', holder);
  await runIn(
    'network',
    'ip',
    ['-batch', '-'],
    `link set lo up\nlink add ${BRIDGE} type bridge\nlink set ${BRIDGE} up\n`,
  );
  await run('ip', ['link', 'add', HOST_LINK, 'type', 'veth', 'peer', 'name', 'host', 'netns', `${pid}`]);
  await attach('host');
  await run('ip', ['-batch', '-'], { input: hostNetwork(routesToPods()) });
}

async function requireFreeAddresses(): Promise<void> {
  const { machines, pods, services } = NETWORKS;
  const { stdout } = await run('ip', ['-4', 'route', 'show']);
  const taken = overlapping(stdout);
  if (taken.length === 0) return;
  throw new UserError(
    `the test cluster needs the networks ${machines}, ${pods} and ${services} on this machine, which already reaches ${taken.join(', ')} elsewhere. Use a cluster of your own: set KUBECONFIG.`,
  );
}

/** Connects a place to the network. */
export async function connect(place: Exclude<Place, 'network'>): Promise<void> {
  const [network, pid] = [requireHolder('network'), requireHolder(place)];
  // Both ends are made in their place; the one in the network has the place's name.
  const peer = ['peer', 'name', 'eth0', 'netns', `${pid}`];
  await run('ip', ['link', 'add', place, 'netns', `${network}`, 'type', 'veth', ...peer]);
  await attach(place);
  await runIn(place, 'ip', ['-batch', '-'], addressesOf(place));
}

function addressesOf(place: Exclude<Place, 'network'>): string {
  if (place !== 'control-plane') return machineNetwork(machineNamed(place), routesToPods(place));
  const routes = routesToPods().map(({ network, via }) => `route add ${network} via ${via}\n`);
  return `link set lo up\naddress add ${ADDRESSES.controlPlane}/24 dev eth0\nlink set eth0 up\n${routes.join('')}`;
}

/** Cuts a place off for good: what its processes would still say as they end reaches nobody. */
export async function disconnect(place: Exclude<Place, 'network'>): Promise<void> {
  await runIn('network', 'ip', ['link', 'delete', place]);
}

/** A link that is no part of the bridge is up, and what is sent there is lost without a word. */
export async function detach(machine: MachineName): Promise<void> {
  await runIn('network', 'ip', ['link', 'set', machine, 'nomaster']);
}

/** Makes a link part of the bridge. */
export async function attach(link: MachineName | 'control-plane' | 'host'): Promise<void> {
  await runIn('network', 'ip', ['link', 'set', link, 'master', BRIDGE, 'up']);
}
