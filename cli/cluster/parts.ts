import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { BASE_IMAGES } from './base-images';
import { ensureCgroup } from './cgroups';
import { argumentsOf, type ControlPlaneComponent, encryptionConfiguration } from './control-plane-files';
import { importArchive } from './images';
import { API_SERVER, type ClusterMachine, files, MACHINES, type MachineName, machineNamed } from './layout';
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
import { holderOf, openPlace, processesIn, runIn, startIn, until } from './namespaces';
import { connect } from './network';

export const MACHINE_COMPONENTS = ['containerd', 'kubelet', 'kube-proxy'] as const;
export type MachineComponent = (typeof MACHINE_COMPONENTS)[number];

const START_MS = 120_000;

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
  const tls = ['--cacert', files.certificate('ca'), '--cert', files.certificate(user), '--key', files.key(user)];
  await until(`${component} answers`, START_MS, () =>
    runIn('control-plane', 'curl', ['--silent', '--fail', '--max-time', '5', ...tls, url]).catch(() => undefined),
  );
}

/** Gives a machine power, where it has none: its namespaces, its link and its components. */
export async function startMachine(name: MachineName, programs: string): Promise<void> {
  const machine = machineNamed(name);
  await writeMachine(machine, programs);
  if (holderOf(name) === undefined) {
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
    await until(`containerd of ${name} answers`, START_MS, () =>
      runIn(name, 'ctr', ['--address', CONTAINERD_SOCKET, 'version']).catch(() => undefined),
    );
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
