import type { Check } from './check';
import { isLast } from './checks';
import { Lab, type LabOptions } from './lab';
import { endingOf, type Outcome } from './outcome';
import { type Ground, survey } from './survey';
import { sweep } from './sweep';
import type { Target } from './target';

/** What became of one check. */
export interface Result {
  readonly id: string;
  readonly promise: string;
  readonly outcome: Outcome;
  /** What was seen, or why it was not checked. @default - it held */
  readonly detail?: string;
  /** Where to look. @default - nothing is wrong */
  readonly look?: string;
  /** What was measured. */
  readonly notes: readonly string[];
  readonly seconds: number;
}

export interface RunOptions extends LabOptions {
  /** Told of each result as it comes. */
  readonly progress?: (result: Result, done: number, of: number) => void;
}

/**
 * Runs the checks one after the other, each for every direction between neighbours, and then removes all that they made, however they
 * ended.
 *
 * @returns a result for each check, also for those that an interruption kept from running
 */
export async function runChecks(target: Target, checks: readonly Check[], options: RunOptions): Promise<Result[]> {
  const results: Result[] = [];
  const ground = await survey(target, options);
  const add = (result: Result) => {
    results.push(result);
    options.progress?.(result, results.length, checks.length);
  };
  for (const check of checks.filter((each) => !isLast(each))) add(await runCheck(target, check, ground, options));
  // What was made must go also when the run was interrupted: from here on no signal counts.
  const after = { ...options, signal: undefined };
  const problems =
    ground.unreachable || ground.missing.has('management') ? [] : await sweep(target, options.prefix, ground.node);
  for (const check of checks.filter(isLast)) {
    const result = await runCheck(target, check, ground, after);
    const [problem] = problems;
    add(problem === undefined ? result : { ...result, outcome: 'broken', detail: `not removed: ${problem}` });
  }
  return results;
}

async function runCheck(target: Target, check: Check, ground: Ground, options: RunOptions): Promise<Result> {
  const { id, promise } = check;
  const startedAt = performance.now();
  const missing = ground.unreachable ?? check.needs.map((need) => ground.missing.get(need)).find(Boolean);
  if (missing !== undefined) return { id, promise, ...missing, notes: [], seconds: 0 };
  if (options.signal?.aborted) {
    return { id, promise, outcome: 'unclear', detail: 'the run was interrupted', notes: [], seconds: 0 };
  }
  const lab = new Lab(target, options);
  const seconds = () => (performance.now() - startedAt) / 1000;
  try {
    for (const [a, b] of directions(target.nodes, check)) await check.run(lab, a, b);
    return { id, promise, outcome: 'held', notes: lab.notes, seconds: seconds() };
  } catch (error) {
    const ending = options.signal?.aborted
      ? { outcome: 'unclear' as const, detail: 'the run was interrupted' }
      : endingOf(error);
    const look = ending.outcome === 'broken' && { look: check.look };
    return { id, promise, ...ending, ...look, notes: lab.notes, seconds: seconds() };
  } finally {
    lab.close();
  }
}

/** Each node with the next, the last with the first: so every node writes once and reads once. */
function directions(nodes: readonly string[], { once }: Check): [string, string][] {
  const pairs = nodes.map((node, index): [string, string] => [node, nodes[(index + 1) % nodes.length] as string]);
  return once ? pairs.slice(0, 1) : pairs;
}

/** Whether every promise that applies was seen to hold. */
export function allHold(results: readonly Result[]): boolean {
  return results.every(({ outcome }) => outcome === 'held' || outcome === 'skipped');
}
