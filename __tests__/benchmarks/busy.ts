import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 3000;

/** How many processors are busy while this program does nothing: the work of others. */
export async function busyProcessors(): Promise<number> {
  const before = times();
  await sleep(LOOK_MS);
  const after = times();
  const [busy, all] = [after.busy - before.busy, after.all - before.all];
  return (busy / all) * cpus().length;
}

/** Milliseconds since the start of the machine, of all processors together. */
function times(): { busy: number; all: number } {
  const sums = cpus().map(({ times: { idle, user, nice, sys, irq } }) => ({
    idle,
    all: idle + user + nice + sys + irq,
  }));
  const all = sums.reduce((sum, each) => sum + each.all, 0);
  return { busy: all - sums.reduce((sum, each) => sum + each.idle, 0), all };
}
