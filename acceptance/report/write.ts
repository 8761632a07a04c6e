import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../run';
import { junit } from './junit';
import { markdown } from './markdown';
import { type Subject, verdict } from './words';

/** Writes `report.md`, `report.json` and `junit.xml`. @returns path of the one for people */
export function writeReports(folder: string, subject: Subject, results: readonly Result[]): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'report.md');
  writeFileSync(file, markdown(subject, results));
  const json = { ...subject, verdict: verdict(results), results };
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(json, null, 2)}\n`);
  writeFileSync(join(folder, 'junit.xml'), junit(subject, results));
  return file;
}
