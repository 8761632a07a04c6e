import { appendFileSync, cpSync } from 'node:fs';
import { NOTHING_LOST } from '../../chaos/fault';
import { type Pair, READ_TIMEOUT_SECONDS } from '../../chaos/pair';
import { docker, eventually, inspect } from '../../support/workspace';
import type { Mistake } from '../mistake';

/** A change of the load balancer alone. */
const CHANGED = { readTimeoutSeconds: READ_TIMEOUT_SECONDS + 5 };
const OTHER = { readTimeoutSeconds: READ_TIMEOUT_SECONDS + 10 };

const twoAtOnce: Mistake = {
  name: 'two make up at once',
  done: 'a change is applied in two terminals in the same moment, and planned with another change in a third one meanwhile',
  back: 'nothing to bring back: one of them has applied the change, and that one alone',
  bars: NOTHING_LOST,
  make: async (operator, pair) => {
    const { workspace, name } = pair;
    await pair.configure(CHANGED);
    const both = [workspace.begin('up', name), workspace.begin('up', name)];
    await eventually(
      'somebody is at work',
      60,
      async () => (await docker('ps', '--quiet', '--filter', `name=^${name}-at-work$`)) !== '',
    );
    await pair.configure(OTHER);
    await operator.refused('plan', [`somebody is at work on ${name}`]);
    const results = await Promise.all(both.map(({ ended }) => ended));
    const [done, ...refused] = results.sort((one, other) => one.exitCode - other.exitCode);
    if (done) operator.judge('make up', done, true, [`${name} is up.`]);
    for (const result of refused) operator.judge('make up', result, false, [`somebody is at work on ${name}`]);
    await pair.configure(CHANGED);
    await operator.nothingToChange();
    await pair.up();
  },
};

const interrupted: Mistake = {
  name: 'Ctrl-C in the middle of a roll',
  done: 'a changed heap is rolled out, and interrupted while node 1 starts with it; the change is taken back',
  back: 'make up',
  bars: NOTHING_LOST,
  make: async (operator, pair) => {
    const [first, second] = pair.nodes;
    const [before, other] = [await inspect(first.container), await inspect(second.container)];
    await pair.configure({ heapMb: 400 });
    const roll = pair.workspace.begin('up', pair.name);
    await eventually('node 1 is replaced', 240, async () => {
      const now = await inspect(first.container).catch(() => undefined);
      return now !== undefined && now.Id !== before.Id && now.State.Running;
    });
    roll.interrupt();
    operator.judge('make up', await roll.ended, false, ['interrupted: what had begun has ended in order']);
    operator.note.expect('the other node was touched', (await inspect(second.container)).Id === other.Id);
    await pair.configure();
    await operator.done('up');
    operator.note.expect('the other node was touched', (await inspect(second.container)).Id === other.Id);
  },
};

const tampered: Mistake = {
  name: 'a plan that was tampered with',
  done: 'a byte is added to a saved plan after its review',
  back: 'nothing to bring back; a new plan',
  bars: NOTHING_LOST,
  make: async (operator, pair) => {
    const stack = `${pair.name}-load-balancer`;
    await pair.configure(CHANGED);
    await operator.done('plan', ['To apply exactly this: make apply']);
    appendFileSync(pair.workspace.path('cdktf.out', 'stacks', stack, 'tfplan'), 'x');
    await operator.untouched('the refusal', () =>
      operator.refused('apply', [
        `the saved plan of ${stack} is not the one that the report shows. Nothing was applied.`,
      ]),
    );
    await pair.configure();
  },
};

const old: Mistake = {
  name: 'a plan from before',
  done: 'a reviewed plan is applied after another change has been, and once more after its own has',
  back: 'nothing to bring back; a new plan',
  bars: NOTHING_LOST,
  make: async (operator, pair) => {
    const kept = keptPlan(pair);
    await pair.configure(CHANGED);
    await operator.done('plan');
    kept.keep();
    await pair.up(OTHER);
    await operator.untouched('the refusals', async () => {
      kept.restore();
      await operator.refused('apply', ['the configuration has changed since the plan was made']);
      await pair.configure(CHANGED);
      await operator.refused('apply', [`the plan of ${pair.name}-load-balancer is stale`]);
    });
    await pair.up();
  },
};

/** The saved plans with their report, as a build server carries them from one job to the next. */
function keptPlan({ workspace, name }: Pair) {
  const layers = ['foundation', 'node-1', 'node-2', 'load-balancer'];
  const paths = [...layers.map((layer) => `cdktf.out/stacks/${name}-${layer}/tfplan`), `build/plan/${name}`];
  const copy = (from: (path: string) => string, to: (path: string) => string) => {
    for (const path of paths) cpSync(from(path), to(path), { recursive: true });
  };
  const [here, there] = [(path: string) => workspace.path(path), (path: string) => workspace.path('kept', path)];
  return { keep: () => copy(here, there), restore: () => copy(there, here) };
}

export const planMistakes = { twoAtOnce, interrupted, tampered, old };
