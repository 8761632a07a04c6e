import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { PROJECT } from '../support/workspace';
import type { Result } from './measurements';
import { growthPlot, PLOT_FILE } from './plot';
import { report } from './report';

/** The figures in docs/, and the page and the plot that are made from them. */
export class Results {
  private readonly machine: string;

  constructor(engineVersion: string) {
    const processors = cpus();
    const model = processors[0]?.model.trim() ?? 'unknown processor';
    this.machine = `${processors.length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB of memory, Docker Engine ${engineVersion}`;
  }

  /** Takes one part's figures in the place of those before, and writes page and plot. */
  write(latest: Omit<Result, 'date' | 'machine'>): void {
    const { machine } = this;
    const date = new Date().toISOString().slice(0, 10);
    const others = readResults().filter(({ part }) => part !== latest.part);
    const results = [...others, { ...latest, date, machine }];
    writeFileSync(inDocs('benchmarks.json'), `${JSON.stringify(results, rounded, 1)}\n`);
    writeBenchmarkPage();
  }
}

/** What is kept. */
export function readResults(): Result[] {
  const file = inDocs('benchmarks.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}

/** Writes page and plot from what is kept. */
export function writeBenchmarkPage(): void {
  const results = readResults();
  writeFileSync(inDocs('benchmarks.md'), report(results));
  const grown = results.find(({ part }) => part === 'growth');
  if (grown) writeFileSync(inDocs(PLOT_FILE), growthPlot(grown.measured));
}

function inDocs(file: string): string {
  return join(PROJECT, 'docs', file);
}

/** Four digits say all that a measurement knows. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}
