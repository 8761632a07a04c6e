import { setTimeout } from 'node:timers/promises';
import type { LayerManifests } from '../../constructs/kubernetes/manifests';
import type { EnvironmentCluster } from '../environment-cluster';
import { UserError } from '../setup/errors';
import { CommandError } from '../setup/process';
import { print, step } from '../setup/progress';
import type { ClusterContext } from './cluster-context';
import { noNews, Refusals } from './cluster-lost';
import { pendingOf, type Seen, type Trouble, troublesOf, type Workload } from './layer-state';
import type { Pod, PodEvent } from './pods';

const SECONDS_BETWEEN_LOOKS = 3;
/** What lasts longer is told while it is waited for. */
const TOLD_SECONDS = 10;
/** As long as jobs and a database may take in which nothing goes wrong. */
const READY_SECONDS = 15 * 60;
/** What was not seen for so long begins anew. */
const FORGOTTEN_SECONDS = 20;
const SHOWN_LINES = 15;

/** Looks again and again how a layer comes up: says what is in the way, and gives up when nothing helps any more. */
export class LayerWatch {
  /** When each kind of trouble was seen first, and last. */
  private readonly seen = new Map<string, { readonly first: number; readonly last: number }>();
  private readonly told = new Set<string>();
  private readonly refusals = new Refusals();

  constructor(
    private readonly context: Pick<ClusterContext, 'topology' | 'cluster'>,
    private readonly layer: LayerManifests,
  ) {}

  /**
   * Watches until the work has ended.
   *
   * @param giveUp called with what stands in the way for good, and no more after that
   * @throws what looking failed with, unless it was kubectl; when the work has ended
   */
  async during(work: Promise<unknown>, giveUp: (trouble: Trouble) => void): Promise<void> {
    let over = false;
    const ended = work.then(
      () => undefined,
      () => undefined,
    );
    ended.then(() => {
      over = true;
    });
    while (!over) {
      await Promise.race([ended, setTimeout(SECONDS_BETWEEN_LOOKS * 1000)]);
      if (over) return;
      const looked = await this.look().catch(async (error: unknown) => {
        // What the cluster refuses to tell, it refuses the work itself, which says so.
        if (error instanceof CommandError) return undefined;
        // The work is not left alone.
        await ended;
        throw error;
      });
      const hopeless = looked?.hopeless;
      if (hopeless === undefined) continue;
      giveUp(hopeless);
      return;
    }
  }

  /** Waits until all of the layer is there and ready. @throws UserError where it does not become so, with the reason, or cannot be asked */
  async untilReady(): Promise<void> {
    const first = await this.look();
    if (first?.pending.length === 0) return;
    await step(`Wait for ${this.layer.stack.name}`, async () => {
      const deadline = Date.now() + READY_SECONDS * 1000;
      let pending = first?.pending ?? [];
      while (Date.now() < deadline) {
        await setTimeout(SECONDS_BETWEEN_LOOKS * 1000);
        const now = await this.look();
        if (now === undefined) continue;
        if (now.pending.length === 0) return;
        if (now.hopeless) throw new UserError(await this.explained(now.hopeless));
        pending = now.pending;
      }
      throw new UserError(
        `${pending.join(' and ')} did not become ready within ${READY_SECONDS / 60} minutes. ${this.status}`,
      );
    });
  }

  /** What a trouble means, with the pod's own words. */
  async explained(trouble: Trouble): Promise<string> {
    return [`${trouble.subject}: ${trouble.what}`, ...(await this.words(trouble)), this.status].join('\n');
  }

  private get status(): string {
    return `"make status ENVIRONMENT=${this.context.topology.environment}" says more.`;
  }

  /** @returns undefined where the cluster does not say, which stops no pod @throws CommandError where it goes on refusing to tell */
  private async look(): Promise<{ pending: string[]; hopeless?: Trouble } | undefined> {
    const seen = await look(this.context.cluster).catch((error: unknown) => {
      if (!(error instanceof CommandError) || this.refusals.last(error)) throw error;
      const text = noNews(error);
      if (!this.told.has(text)) print(text);
      this.told.add(text);
      return undefined;
    });
    if (seen === undefined) return undefined;
    this.refusals.ended();
    const pending = pendingOf(this.layer.manifests, seen);
    const troubles = pending.length === 0 ? [] : troublesOf(this.layer.manifests, seen);
    for (const trouble of troubles) {
      const seconds = this.secondsOf(trouble);
      if (seconds >= trouble.patienceSeconds) return { pending, hopeless: trouble };
      const text = `${trouble.subject}: ${trouble.what}`;
      if (this.told.has(text) || (trouble.log === undefined && seconds < TOLD_SECONDS)) continue;
      this.told.add(text);
      print([text, ...(await this.words(trouble))].join('\n'));
    }
    return { pending };
  }

  /** How long it lasts. Between two tries of the cluster it is not to be seen for a moment. */
  private secondsOf({ subject, patienceSeconds }: Trouble): number {
    const now = Date.now();
    const key = `${subject} ${patienceSeconds}`;
    const before = this.seen.get(key);
    const first = before !== undefined && now - before.last < FORGOTTEN_SECONDS * 1000 ? before.first : now;
    this.seen.set(key, { first, last: now });
    return (now - first) / 1000;
  }

  /** The last lines of a pod. */
  private async words({ subject, log }: Trouble): Promise<string[]> {
    if (log === undefined) return [];
    const { container, previous } = log;
    const args = ['logs', subject, '--container', container, ...(previous ? ['--previous'] : [])];
    const text = await this.context.cluster.kubectl([...args, `--tail=${SHOWN_LINES}`]).catch(instead(''));
    if (text.trim() === '') return [];
    const whole = `${this.context.cluster.client} ${args.join(' ')}`;
    return [
      `Its last lines (all of them: ${whole}):`,
      ...text
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
    ];
  }
}

async function look(cluster: EnvironmentCluster): Promise<Seen> {
  const [objects, events] = await Promise.all([
    cluster.list<Workload | Pod>('deployments,statefulsets,jobs,pods'),
    warnings(cluster),
  ]);
  return {
    workloads: objects.filter((each): each is Workload => each.kind !== 'Pod'),
    pods: objects.filter((each): each is Pod => each.kind === 'Pod'),
    events,
  };
}

/** Notes of the namespace about what goes wrong; none where the account may not read them. */
async function warnings(cluster: EnvironmentCluster): Promise<PodEvent[]> {
  const args = ['get', 'events', '--field-selector', 'type=Warning', '--sort-by=.lastTimestamp', '--output', 'json'];
  const text = await cluster.kubectl(args).catch(instead('{"items":[]}'));
  return (JSON.parse(text) as { items: PodEvent[] }).items;
}

/** A text to go on with where kubectl failed. */
function instead(text: string): (error: unknown) => string {
  return (error) => {
    if (!(error instanceof CommandError)) throw error;
    return text;
  };
}
