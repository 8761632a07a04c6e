import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { print } from './progress';

const POLL_MS = 250;

/** Where everything is kept that was built or downloaded on this machine and can be made again. */
export function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'wso2-is-active-active');
}

/**
 * Gives the folder `<cache>/<name>`, building it first if it is not there. `name` must contain everything the content depends
 * on. A folder is there whole or not at all, and is built once even if several commands ask for it at the same time.
 *
 * @param build fills the empty folder it is given; the folder is moved to its final place afterwards
 */
export async function buildOnce(name: string, build: (directory: string) => Promise<void>): Promise<string> {
  const directory = join(cacheDirectory(), name);
  if (existsSync(directory)) return directory;
  return withLock(name, async () => {
    if (existsSync(directory)) return directory;
    const prefix = `${basename(directory)}.partial-`;
    const parent = dirname(directory);
    // What a killed build left behind: nobody else builds this while the lock is ours.
    for (const entry of await readdir(parent)) {
      if (entry.startsWith(prefix)) await rm(join(parent, entry), { recursive: true, force: true });
    }
    const partial = join(parent, `${prefix}${process.pid}`);
    await mkdir(partial);
    try {
      await build(partial);
      await rename(partial, directory);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
    return directory;
  });
}

/** Runs `work` while no other command of this user on this machine holds the lock `<cache>/<name>.lock`. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const file = join(cacheDirectory(), `${name}.lock`);
  await mkdir(dirname(file), { recursive: true });
  const previous = held.get(file) ?? Promise.resolve();
  const mine = previous.then(() => lockedByFile(file, name, work));
  // Callers of this process queue here; the file is for other processes.
  held.set(
    file,
    mine.then(
      () => undefined,
      () => undefined,
    ),
  );
  return mine;
}

const held = new Map<string, Promise<void>>();

async function lockedByFile<T>(file: string, name: string, work: () => Promise<T>): Promise<T> {
  let told = false;
  while (!(await acquire(file))) {
    const owner = Number((await readFile(file, 'utf8').catch(() => '')).trim());
    if (owner > 0 && !isAlive(owner)) {
      await rm(file, { force: true });
      continue;
    }
    if (!told) print(`Waiting for process ${owner}, which is making ${name} …`);
    told = true;
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file: string): Promise<boolean> {
  try {
    await writeFile(file, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
