import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../setup/errors';
import { BASE_IMAGES } from './base-images';
import { ensureCgroup } from './cgroups';
import { argumentsOf, CONTROL_PLANE, type ControlPlaneComponent, encryptionConfiguration } from './control-plane-files';
import { importArchive } from './images';
import {
  API_SERVER,
  type ClusterMachine,
  files,
  MACHINE_NAMES,
  MACHINES,
  type MachineName,
  machineNamed,
} from './layout';
import {
  CONTAINERD_SOCKET,
  cgroupOf,
  containerdToml,
  kubeletConfiguration,
  kubeProxyConfiguration,
  machineScript,
  networkPlugins,
  RESOLV_CONF,
} from './machine-files';
import { holderOf, openPlace, type Place, processesIn, runIn, startIn, until } from './namespaces';
import { connect } from './network';

export const MACHINE_COMPONENTS = ['containerd', 'kubelet', 'kube-proxy'] as const;
export type MachineComponent = (typeof MACHINE_COMPONENTS)[number];

const START_MS = 120_000;
/** By then a program that was started is seen among the processes. */
const SEEN_MS = 3_000;
const SHOWN_LINES = 10;

/** Starts a component of the control plane, where it does not run, and waits until it answers. @param programs folder of the components */
export async function startControlPlane(component: ControlPlaneComponent, programs: string): Promise<void> {
  if (holderOf('control-plane') === undefined) {
    await openPlace('control-plane', join(programs, 'pause'));
    await connect('control-plane');
  }
  if (processesIn('control-plane', component).length === 0) {
    if (component === 'kube-apiserver') await writeEncryption();
    if (component === 'provisioner') await mkdir(files.volumes(), { recursive: true });
    startIn('control-plane', join(programs, component), argumentsOf(component));
  }
  // The others wait for the API server by themselves.
  if (component === 'etcd') await answers(component, 'https://127.0.0.1:2379/health', 'etcd-client');
  if (component === 'kube-apiserver') await answers(component, `${API_SERVER}/readyz`, 'admin');
}

async function writeEncryption(): Promise<void> {
  const file = files.controlPlane('encryption.json');
  // Another key could not read what is stored.
  if (!existsSync(file)) await writeJson(file, encryptionConfiguration(randomBytes(32).toString('base64')));
}

async function answers(component: ControlPlaneComponent, url: string, user: string): Promise<void> {
  const tls = [
    '--silent',
    '--fail',
    '--max-time',
    '5',
    '--cacert',
    files.certificate('ca'),
    '--cert',
    files.certificate(user),
    '--key',
    files.key(user),
  ];
  await untilAnswers('control-plane', component, () => runIn('control-plane', 'curl', [...tls, url]));
}

async function untilAnswers(place: Place, component: string, ask: () => Promise<unknown>): Promise<void> {
  const startedAt = Date.now();
  await until(`${component} of ${place} answers`, START_MS, async () => {
    const answered = await ask().then(
      () => true,
      () => undefined,
    );
    if (!answered && Date.now() - startedAt > SEEN_MS) requireRunning(place, component);
    return answered;
  });
}

/** @throws UserError with the end of its log, where one of the components has ended by itself @param startedAt of the last of them */
export function requireAllRunning(startedAt: number): void {
  if (Date.now() - startedAt < SEEN_MS) return;
  for (const component of Object.keys(CONTROL_PLANE)) requireRunning('control-plane', component);
  for (const name of MACHINE_NAMES) for (const component of MACHINE_COMPONENTS) requireRunning(name, component);
}

function requireRunning(place: Place, component: string): void {
  if (processesIn(place, component).length > 0) return;
  const log = files.log(place, component);
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-SHOWN_LINES);
  throw new UserError([`${component} of ${place} has ended. Its log, ${log}, ends:`, ...lines].join('\n  '));
}

/** Gives a machine power, where it has none: its namespaces, its link and its components. */
export async function startMachine(name: MachineName, programs: string): Promise<void> {
  const machine = machineNamed(name);
  if (holderOf(name) === undefined) {
    // Only now: kube-proxy ends when its configuration is written again.
    await writeMachine(machine, programs);
    await openPlace(name, join(programs, 'pause'));
    await runIn(name, 'sh', ['-c', machineScript(machine)]);
    await connect(name);
  }
  for (const component of MACHINE_COMPONENTS) await startMachineComponent(name, component, programs);
}

/** Starts a component of a machine, where it does not run. */
export async function startMachineComponent(
  name: MachineName,
  component: MachineComponent,
  programs: string,
): Promise<void> {
  if (processesIn(name, component).length > 0) return;
  if (component === 'containerd') {
    startIn(name, 'containerd', ['--config', files.machine(name, 'containerd.toml')]);
    await untilAnswers(name, component, () => runIn(name, 'ctr', ['--address', CONTAINERD_SOCKET, 'version']));
    if (!existsSync(files.machine(name, 'has-images'))) {
      await importArchive(name, join(programs, BASE_IMAGES));
      await writeFile(files.machine(name, 'has-images'), '');
    }
  } else {
    startIn(name, join(programs, component), argumentsOfMachine(machineNamed(name), component));
  }
}

function argumentsOfMachine(machine: ClusterMachine, component: Exclude<MachineComponent, 'containerd'>): string[] {
  const configuration = `--config=${files.machine(machine.name, `${component}.json`)}`;
  if (component === 'kube-proxy') return [configuration];
  return [
    configuration,
    `--kubeconfig=${files.kubeconfig(`kubelet-${machine.name}`)}`,
    `--hostname-override=${machine.name}`,
    `--node-ip=${machine.address}`,
    `--node-labels=topology.kubernetes.io/zone=${machine.zone}`,
  ];
}

async function writeMachine(machine: ClusterMachine, programs: string): Promise<void> {
  const { name } = machine;
  for (const folder of ['lib', 'log', 'cni']) await mkdir(files.machine(name, folder), { recursive: true });
  const size = { memoryMiB: Math.floor(totalmem() / 2 ** 20), sharedBy: MACHINES.length };
  await writeFile(files.machine(name, 'containerd.toml'), containerdToml(machine, programs));
  await writeFile(files.machine(name, 'resolv.conf'), RESOLV_CONF);
  await writeJson(files.machine(name, 'kubelet.json'), kubeletConfiguration(machine, size));
  await writeJson(files.machine(name, 'kube-proxy.json'), kubeProxyConfiguration(machine));
  await writeJson(files.machine(name, 'cni', '10-pods.conflist'), networkPlugins(machine));
  ensureCgroup(cgroupOf(machine));
}

async function writeJson(file: string, content: object): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
}
