import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A run that has begun: written before it creates anything, gone when nothing of it is left. */
export interface Journal {
  readonly run: string;
  /** Process that runs it. */
  readonly pid: number;
}

export function newRun(): string {
  return randomBytes(4).toString('hex');
}

/** Beginning of every name of a run. */
export function prefixOf(run: string): string {
  return `aa-${run}-`;
}

export function begin(folder: string, run: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileIn(folder), JSON.stringify({ run, pid: process.pid }));
}

export function end(folder: string): void {
  rmSync(fileIn(folder), { force: true });
}

/** The run that has not ended, if there is one. */
export function unfinished(folder: string): Journal | undefined {
  try {
    return JSON.parse(readFileSync(fileIn(folder), 'utf8')) as Journal;
  } catch {
    return undefined;
  }
}

/** Whether its process is still there. */
export function isRunning({ pid }: Journal): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function fileIn(folder: string): string {
  return join(folder, 'unfinished.json');
}
