import { readdirSync, readFileSync } from 'node:fs';

/** A process of this machine. */
export interface Process {
  readonly pid: number;
  readonly name: string;
}

/** What a process has started, at whatever depth. */
export function processesBelow(ancestor: number): Process[] {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, name = '', parent = ''] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
        return [{ pid: Number(pid), name, parent: Number(parent) }];
      } catch {
        return [];
      }
    });
  const isBelow = (pid: number): boolean => {
    const parent = processes.find((candidate) => candidate.pid === pid)?.parent;
    return parent !== undefined && (parent === ancestor || isBelow(parent));
  };
  return processes.filter(({ pid }) => isBelow(pid)).map(({ pid, name }) => ({ pid, name }));
}

/** SIGKILL of a process and of all that it has started, from the top: nobody is left to say so. @returns how many it had started */
export function killTree(pid: number): number {
  const below = processesBelow(pid);
  for (const victim of [pid, ...below.map((each) => each.pid)]) {
    try {
      process.kill(victim, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
  return below.length;
}
