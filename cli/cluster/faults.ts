import { ensureComponents } from './components';
import type { ControlPlaneComponent } from './control-plane-files';
import { kubectl } from './kubectl';
import type { MachineName } from './layout';
import { COREDNS } from './manifests';
import { closePlace, holderOf, killed, killIn, processesInPods } from './namespaces';
import { attach, detach, disconnect } from './network';
import { type MachineComponent, startControlPlane, startMachine, startMachineComponent } from './parts';

/** A machine loses power: it says nothing more to anybody, all its processes are gone, what is on its disk stays. */
export async function powerOff(machine: MachineName): Promise<void> {
  if (holderOf(machine) === undefined) return;
  // First, or ending processes would close their connections in order.
  await disconnect(machine);
  await closePlace(machine);
}

/** It gets power again and starts as after every boot. Returns when its components have started; it is Ready later. */
export async function powerOn(machine: MachineName): Promise<void> {
  await startMachine(machine, await ensureComponents());
}

/** Nothing that the machine sends arrives, and nothing reaches it; both sides wait in vain. Its processes go on. */
export async function isolate(machine: MachineName): Promise<void> {
  await detach(machine);
}

/** Ends an isolation. */
export async function heal(machine: MachineName): Promise<void> {
  await attach(machine);
}

/** A component that can be killed; those of machines one machine at a time. */
export type Victim =
  | { readonly component: ControlPlaneComponent | 'coredns' }
  | { readonly component: MachineComponent; readonly machine: MachineName };

/** Kills a component without notice. It stays away until `startComponent`. */
export async function killComponent(victim: Victim): Promise<void> {
  if ('machine' in victim) return killIn(victim.machine, victim.component);
  if (victim.component !== 'coredns') return killIn('control-plane', victim.component);
  // kubelet would start them again at once, so it is told first that there are none to be.
  await scaleCoreDns(0);
  processesInPods('coredns').forEach(killed);
}

/** Starts it again and waits until it runs. */
export async function startComponent(victim: Victim): Promise<void> {
  if ('machine' in victim) return startMachineComponent(victim.machine, victim.component, await ensureComponents());
  if (victim.component !== 'coredns') return startControlPlane(victim.component, await ensureComponents());
  await scaleCoreDns(COREDNS.replicas);
  await kubectl(['rollout', 'status', 'deployment', COREDNS.name, '-n', COREDNS.namespace, '--timeout=120s']);
}

async function scaleCoreDns(replicas: number): Promise<void> {
  await kubectl(['scale', 'deployment', COREDNS.name, '-n', COREDNS.namespace, `--replicas=${replicas}`]);
}
