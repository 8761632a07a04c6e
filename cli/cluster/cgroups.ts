import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { MACHINE_NAMES, MARK } from './layout';

/** Where a hierarchy of control groups is mounted. */
export interface Hierarchy {
  readonly folder: string;
  readonly unified: boolean;
}

/** @param mounts content of /proc/self/mounts */
export function hierarchies(mounts: string): Hierarchy[] {
  return mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
    .map(([, folder = '', type]) => ({ folder, unified: type === 'cgroup2' }));
}

/** Makes a control group, such as /wso2-kube/machine-1, in every hierarchy, for kubelet to put its pods into. */
export function ensureCgroup(path: string): void {
  for (const { folder, unified } of mounted()) {
    const parts = path.split('/').filter(Boolean);
    for (let depth = 1; depth <= parts.length; depth++) {
      const group = join(folder, ...parts.slice(0, depth));
      mkdirSync(group, { recursive: true });
      if (unified) passOnControllers(dirname(group));
      else inheritProcessors(group);
      weigh(group, cpus().length * (depth === 1 ? MACHINE_NAMES.length : 1));
    }
    if (unified) passOnControllers(join(folder, ...parts));
  }
}

/** All pods of a group would otherwise have as much of the processors, where these are short, as one busy process of this machine. */
function weigh(group: string, processors: number): void {
  for (const [name, ofOne] of [
    ['cpu.shares', 1024],
    ['cpu.weight', 100],
  ] as const) {
    const file = join(group, name);
    if (existsSync(file)) writeFileSync(file, String(processors * ofOne));
  }
}

/** In the unified hierarchy a group controls only what the one above it passes on. */
function passOnControllers(group: string): void {
  const controllers = readFileSync(join(group, 'cgroup.controllers'), 'utf8').split(/\s+/).filter(Boolean);
  if (controllers.length === 0) return;
  writeFileSync(join(group, 'cgroup.subtree_control'), controllers.map((name) => `+${name}`).join(' '));
}

/** In those of before, a new group may use no processor and no memory until it is told which. */
function inheritProcessors(group: string): void {
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    const file = join(group, name);
    if (!existsSync(file) || readFileSync(file, 'utf8').trim() !== '') continue;
    writeFileSync(file, readFileSync(join(dirname(group), name), 'utf8').trim());
  }
}

/** Removes all control groups of the cluster. No process may be in them. */
export function removeCgroups(): void {
  for (const { folder } of mounted()) removeTree(join(folder, MARK));
}

function removeTree(group: string): void {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(group, entry.name));
  }
  rmdirSync(group);
}

function mounted(): Hierarchy[] {
  return hierarchies(readFileSync('/proc/self/mounts', 'utf8'));
}
