import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Topology } from '../topology/topology';
import { UserError } from './setup/errors';
import { stackDirectory } from './terraform';

/**
 * Terraform writes a state over the one before: where the disk is full in the middle of that, the state is cut off. Plans and states of an
 * environment are far smaller than this.
 */
const NEEDED_MIB = 32;

/** Free space of the disk with a folder, in MiB. */
function freeMib(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return Math.floor((bavail * bsize) / 1024 / 1024);
}

/** @throws UserError where a state in a file was cut off all the same, or is damaged otherwise */
export function requireWholeStates({ environment, stacks, retired, platform }: Topology): void {
  // On Kubernetes an apply takes over what is there.
  const command = platform.kind === 'docker' ? 'adopt' : 'up';
  for (const { name, backend } of [...stacks, ...retired.stacks]) {
    if (backend.type !== 'local') continue;
    const file = join(stackDirectory(name), String(backend.settings.path));
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text.trim() === '' || isJson(text)) continue;
    throw new UserError(
      `the state ${file} is cut off or damaged. Nothing was changed. Put back the one before, ${file}.backup, or a copy of yours; without one, remove it and run: make ${command} ENVIRONMENT=${environment}`,
    );
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** @throws UserError where a disk on which this command writes is about to be full */
export function requireRoom({ environment, stacks }: Topology, free = freeMib): void {
  const isLocal = stacks.some(({ backend }) => backend.type === 'local');
  const folders = ['.', ...(isLocal ? ['state', join('state', environment)] : [])];
  for (const folder of folders.filter((each) => existsSync(each))) {
    const mib = free(folder);
    if (mib >= NEEDED_MIB) continue;
    throw new UserError(
      `the disk with ${resolve(folder)} has ${mib} MiB left, and ${NEEDED_MIB} must be free for plans and states: one that is cut off could not be read again. Nothing was changed. Make room, then run this again.`,
    );
  }
}
