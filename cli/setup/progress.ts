import { InterruptedError } from './errors';

// Progress goes to stderr: the output of a command stays usable in a pipe.

const REMINDER_MS = 15_000;
const REFRESH_MS = 1_000;
const CLEAR_LINE = '\r\u001b[K';

interface ActiveStep {
  readonly title: string;
  readonly startedAt: number;
}

const active = new Set<ActiveStep>();
let refresh: NodeJS.Timeout | undefined;
let insideLine = false;

/**
 * Runs a step and shows that it runs and how long it took. Steps may overlap. On a terminal the elapsed time is updated in
 * place; elsewhere a line is printed at the start, every 15 s, and at the end.
 */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const current: ActiveStep = { title, startedAt: Date.now() };
  active.add(current);
  const reminder = isTerminal() ? undefined : setInterval(() => print(`${title} … ${elapsed(current)}`), REMINDER_MS);
  if (isTerminal()) showActive();
  else print(`${title} …`);
  const finish = (outcome: string) => {
    clearInterval(reminder);
    active.delete(current);
    print(`${title} ${outcome} (${elapsed(current)})`);
  };
  try {
    const result = await work();
    finish('done');
    return result;
  } catch (error) {
    finish(error instanceof InterruptedError ? 'interrupted' : 'failed');
    throw error;
  }
}

/** Prints one line without disturbing the running steps. */
export function print(line: string): void {
  process.stderr.write(isTerminal() ? `${CLEAR_LINE}${line}\n` : `${line}\n`);
  if (isTerminal()) showActive();
}

/** Passes on a piece of a command's output without disturbing the running steps. */
export function passOn(stream: 'stdout' | 'stderr', text: string): void {
  if (!isTerminal()) {
    process[stream].write(text);
    return;
  }
  if (!insideLine) process.stderr.write(CLEAR_LINE);
  process[stream].write(text);
  insideLine = !text.endsWith('\n');
  drawActive();
}

function showActive(): void {
  clearInterval(refresh);
  if (active.size === 0) return;
  drawActive();
  refresh = setInterval(drawActive, REFRESH_MS);
}

function drawActive(): void {
  if (active.size === 0 || insideLine) return;
  const line = [...active].map((current) => `${current.title} … ${elapsed(current)}`).join(' · ');
  process.stderr.write(`${CLEAR_LINE}${line.slice(0, (process.stderr.columns || 80) - 1)}`);
}

function elapsed({ startedAt }: ActiveStep): string {
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
}

function isTerminal(): boolean {
  return process.stderr.isTTY === true && !process.env.CI;
}
