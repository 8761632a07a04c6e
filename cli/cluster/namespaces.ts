import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../setup/errors';
import { run } from '../setup/process';
import { files, MACHINE_NAMES, MARK, type MachineName } from './layout';

/** A place with a network, processes, mounts and a name of its own. It lives as long as its first process. */
export type Place = 'network' | 'control-plane' | MachineName;
export const PLACES: readonly Place[] = ['network', 'control-plane', ...MACHINE_NAMES];

const KINDS = ['net', 'mount', 'pid', 'uts', 'ipc'] as const;
const START_MS = 10_000;
const POLL_MS = 50;

/** Makes a place. @param holder program that becomes its first process @returns process id */
export async function openPlace(place: Place, holder: string): Promise<number> {
  const namespaces = KINDS.map((kind) => `--${kind}`);
  // What this machine unmounts is gone there, too; what is mounted there is not seen here.
  const mounts = ['--propagation', 'slave', '--mount-proc'];
  startDetached('unshare', ['--fork', ...namespaces, ...mounts, holder, MARK, place], files.log(place, 'holder'));
  const pid = await until(`${place} has started`, START_MS, async () => holderOf(place));
  // Before it runs its own program, it may still have the mounts of this machine.
  await until(`${place} has its own /proc`, START_MS, async () => {
    const { stdout } = await run('nsenter', [...entering(pid), 'cat', '/proc/1/cmdline']).catch(() => ({ stdout: '' }));
    return stdout.includes(MARK) || undefined;
  });
  return pid;
}

/** Ends every process of a place at once, as a loss of power does, with all its mounts and links. */
export async function closePlace(place: Place): Promise<void> {
  const pid = holderOf(place);
  const own = pid === undefined ? undefined : processNamespace(pid);
  if (pid === undefined || own === undefined) return;
  process.kill(pid, 'SIGKILL');
  await until(`${place} has ended`, START_MS, async () => {
    return (holderOf(place) === undefined && !processIds().some((each) => processNamespace(each) === own)) || undefined;
  });
}

/** @returns process id of its first process, undefined while there is none */
export function holderOf(place: Place): number | undefined {
  return processIds().find((pid) => {
    const [program = '', mark, name] = commandLine(pid);
    return mark === MARK && name === place && basename(program) === 'pause';
  });
}

/** @throws UserError where the place is not there */
export function requireHolder(place: Place): number {
  const pid = holderOf(place);
  if (pid === undefined) throw new UserError(`${place} of the test cluster does not run. "make cluster" starts it.`);
  return pid;
}

/** Runs a program in a place and returns what it printed. */
export async function runIn(place: Place, program: string, args: readonly string[], input?: string): Promise<string> {
  return (await run('nsenter', [...entering(requireHolder(place)), program, ...args], { input })).stdout;
}

/** Starts a program in a place that outlives this command; its output goes to its log. */
export function startIn(place: Place, program: string, args: readonly string[]): void {
  startDetached('nsenter', [...entering(requireHolder(place)), program, ...args], files.log(place, basename(program)));
}

/** @returns process ids of a program in a place, without those in its pods */
export function processesIn(place: Place, program: string): number[] {
  const holder = holderOf(place);
  const own = holder === undefined ? undefined : processNamespace(holder);
  if (own === undefined) return [];
  return processIds().filter((pid) => basename(commandLine(pid)[0] ?? '') === program && processNamespace(pid) === own);
}

/** @returns process ids of a program in any pod of the cluster */
export function processesInPods(program: string): number[] {
  return processIds().filter((pid) => {
    return basename(commandLine(pid)[0] ?? '') === program && read(`/proc/${pid}/cgroup`).includes(`/${MARK}/`);
  });
}

/** @returns process ids of a pod's containers, without the process that only holds its network @param uid as the API server has it */
export function processesOfPod(uid: string): number[] {
  return processIds().filter((pid) => {
    const [program] = commandLine(pid);
    return program && basename(program) !== 'pause' && read(`/proc/${pid}/cgroup`).includes(`/pod${uid}/`);
  });
}

/** Kills a program in a place without notice, and waits until it has gone. */
export async function killIn(place: Place, program: string): Promise<void> {
  await until(`${program} of ${place} has ended`, START_MS, async () => {
    const pids = processesIn(place, program);
    pids.forEach(killed);
    return pids.length === 0 || undefined;
  });
}

export function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/** Waits for a result other than undefined. @throws UserError after `limitMs` @param what it waits for, as a statement */
export async function until<T>(what: string, limitMs: number, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const result = await probe();
    if (result !== undefined) return result;
    if (Date.now() > deadline) {
      throw new UserError(`waited ${limitMs / 1000} s in vain until ${what}. Logs: ${dirname(files.log('', ''))}`);
    }
    await sleep(POLL_MS);
  }
}

function entering(pid: number): string[] {
  return ['--target', `${pid}`, ...KINDS.map((kind) => `--${kind}`), '--'];
}

function startDetached(program: string, args: readonly string[], logFile: string): void {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  // A session of its own: it does not see this command's Ctrl-C.
  const child = spawn(program, args, { cwd: '/', detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.on('error', () => undefined);
  child.unref();
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Empty for a process that has ended and that nobody has taken leave of yet. */
function commandLine(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split('\0');
}

function processNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
