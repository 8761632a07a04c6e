import { type LoadReport, type LoadRequest, type SentRequest, underLoad } from '../support/load';
import type { Pair, PairNode } from './pair';

/**
 * Which requests of one kind may fail, or be slow, without the fault counting as badly survived: none; those that were under way
 * in its moment; or those under way in its moment and in the seconds of recovery after it.
 */
export type Allowance = 'none' | 'in flight' | 'outage';

/** What must hold. A bar is never loosened to pass. */
export interface Bars {
  readonly get: Allowance;
  /** POSTs on the load balancer's list of harmless repeats. */
  readonly replayable: Allowance;
  /** POSTs that write, which are never sent twice. */
  readonly write: Allowance;
  /** Which requests may take longer than 2 s; `any` where latency is not the question. */
  readonly slow: Allowance | 'any';
  /** Seconds after the moment in which service is back for everybody, where there is an outage. */
  readonly recoverySeconds?: number;
}

/** The bars for a node that is lost while the other stays. */
export const ONE_NODE_LOST: Bars = { get: 'none', replayable: 'none', write: 'in flight', slow: 'in flight' };
/** The bars for a change that nobody may notice. */
export const NOTHING_LOST: Bars = { get: 'none', replayable: 'none', write: 'none', slow: 'none' };

export const SLOW_MS = 2000;
/** A node is back in the rotation this long after it can work. */
export const ROTATION_SECONDS = 10;

/** What a measurement asks of a pair, on whatever it is placed. */
export type MeasuredPair = Pick<
  Pair,
  | 'address'
  | 'hostname'
  | 'ca'
  | 'nodes'
  | 'answersHealth'
  | 'rotations'
  | 'untilHealthy'
  | 'failuresInLog'
  | 'storedIds'
  | 'repeatedDeliveries'
>;

/** What reports say of a fault. */
export interface FaultRow {
  /** Name in reports, and for choosing faults. */
  readonly name: string;
  /** What is done, and how the fault ends. */
  readonly done: string;
  readonly bars: Bars;
}

export interface Fault<P extends MeasuredPair = Pair> extends FaultRow {
  /** Before the load begins; what it returns is done when everything is judged. @default - there is nothing to prepare */
  readonly prepare?: (pair: P) => Promise<() => Promise<void>>;
  /** Does it, and returns when the pair should be whole again. */
  readonly inject: (pair: P, note: Notes) => Promise<void>;
}

/** What a fault tells the measurement while it runs. */
export class Notes {
  /** @default what is done breaks nothing that could be given a time: from its beginning */
  from = performance.now();
  to = 0;
  readonly problems: string[] = [];
  readonly remarks: string[] = [];
  /** What commands said, for people. */
  readonly said: string[] = [];
  /** The only node whose requests may fail. */
  node?: PairNode;
  /** Longest time from a node's health to its place in the rotation, in milliseconds. */
  rotationMs?: number;

  constructor(private readonly pair: MeasuredPair) {}

  /** Marks the time in which something is broken; requests that overlap it are "in flight". */
  async faultWindow<T>(work: () => Promise<T>): Promise<T> {
    this.from = performance.now();
    try {
      return await work();
    } finally {
      this.to = performance.now();
    }
  }

  /** An outage that lasts as long as a server takes to start: its moment ends when one node can work again. */
  async untilOneCanWork(seconds = 300): Promise<void> {
    const { nodes } = this.pair;
    const deadline = performance.now() + seconds * 1000;
    while (!(await Promise.all(nodes.map((node) => this.pair.answersHealth(node)))).includes(true)) {
      if (performance.now() > deadline) throw new Error(`no node can work within ${seconds} s`);
      await pause(100);
    }
    this.remarks.push(`first node can work after ${((performance.now() - this.from) / 1000).toFixed(1)} s`);
  }

  /** Waits until the node can work again and is in the rotation, and measures the time between. */
  async backInRotation(node: PairNode, seconds = 300): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    const until = async (condition: () => Promise<boolean>) => {
      while (!(await condition())) {
        if (performance.now() > deadline) throw new Error(`${node.name} is not back within ${seconds} s`);
        await pause(100);
      }
      return performance.now();
    };
    const healthy = await until(() => this.pair.answersHealth(node));
    const serving = await until(async () => (await this.pair.rotations())[node.name] === 'in');
    this.rotationMs = Math.max(this.rotationMs ?? 0, serving - healthy);
  }

  expect(what: string, holds: boolean): void {
    if (!holds) this.problems.push(what);
  }
}

/** What one fault did to the load. */
export interface Outcome {
  readonly fault: FaultRow;
  readonly sent: number;
  readonly failed: Readonly<Record<Kind, number>>;
  readonly worstMs: number;
  /** Worst of the requests that were not under way in the fault's moment or, where there is one, its outage. */
  readonly worstOtherMs: number;
  /** From the fault until the last request that it made fail or slow; 0 when there was none. */
  readonly recoveryMs: number;
  readonly rotationMs?: number;
  /** Acknowledged writes that are not in the database. */
  readonly lost: number;
  /** Writes that reached the application twice. */
  readonly twice: number;
  readonly remarks: readonly string[];
  readonly said: readonly string[];
  /** From its beginning until the pair was whole again. */
  readonly tookMs: number;
  /** Bars that were missed, as sentences; none when it passed. */
  readonly missed: readonly string[];
}

type Kind = 'get' | 'replayable' | 'write';

const KINDS: Readonly<Record<Kind, string>> = { get: 'GET', replayable: 'replayable POST', write: 'writing POST' };

/** Before the fault, so that connections are warm, and after it, so that late damage shows. */
const SETTLE_MS = 3000;

/** What clients send. @param key under which their writes are found */
export function mix(key: string): LoadRequest[] {
  return [
    { kind: 'get', method: 'GET', path: (id) => `/probe/echo?id=${id}` },
    { kind: 'write', method: 'POST', path: (id) => `/probe/write?key=${key}&id=${id}` },
    { kind: 'get', method: 'GET', path: () => '/probe/session' },
    { kind: 'replayable', method: 'POST', path: (id) => `/probe/slow?ms=150&id=${id}` },
    { kind: 'write', method: 'POST', path: (id) => `/probe/write?key=${key}&ms=100&id=${id}` },
  ];
}

/** Ids of the load of one fault must not be those of an earlier run's, whose rows are still there. */
const RUN = Date.now().toString(36);
let injected = 0;

/** How a fault is measured. */
export interface Measure {
  /** @default 10 */
  readonly clients?: number;
  /** What counts as slow. @default {@link SLOW_MS}; more where other work shares the processors and latency is not the question */
  readonly slowMs?: number;
}

/** Does a fault to a healthy pair under load, waits until the pair is healthy again, and judges. */
export async function inject<P extends MeasuredPair>(
  pair: P,
  fault: Fault<P>,
  measure: Measure = {},
): Promise<Outcome> {
  await pair.untilHealthy();
  const tidy = await fault.prepare?.(pair);
  try {
    return await injectPrepared(pair, fault, measure);
  } finally {
    await tidy?.();
  }
}

async function injectPrepared<P extends MeasuredPair>(
  pair: P,
  fault: Fault<P>,
  { clients = 10, slowMs = SLOW_MS }: Measure,
): Promise<Outcome> {
  const key = `fault-${RUN}-${++injected}`;
  const notes = new Notes(pair);
  const since = new Date();
  const { report, result } = await underLoad(
    {
      address: pair.address,
      hostname: pair.hostname,
      ca: pair.ca,
      name: key,
      clients,
      pause: 30,
      requests: mix(key),
    },
    async () => {
      await pause(SETTLE_MS);
      const begun = performance.now();
      await fault.inject(pair, notes);
      await pair.untilHealthy();
      const tookMs = performance.now() - begun;
      await pause(SETTLE_MS);
      return tookMs;
    },
  );
  return judge(pair, fault, notes, { ...report, tookMs: result, slowMs }, key, since);
}

async function judge(
  pair: MeasuredPair,
  fault: FaultRow,
  notes: Notes,
  report: LoadReport & { readonly tookMs: number; readonly slowMs: number },
  key: string,
  since: Date,
): Promise<Outcome> {
  const { bars } = fault;
  const { slowMs } = report;
  const missed = [...notes.problems];
  const bar = (what: string, holds: boolean) => {
    if (!holds) missed.push(what);
  };
  const allowed = ({ sentAt, endedAt }: SentRequest, allowance: Bars['slow']) => {
    if (allowance === 'none' || allowance === 'any') return allowance === 'any';
    const to = allowance === 'outage' ? notes.to + (bars.recoverySeconds ?? 0) * 1000 : notes.to;
    return sentAt <= to && endedAt >= notes.from;
  };
  const milliseconds = ({ sentAt, endedAt }: SentRequest) => endedAt - sentAt;

  const failed = { get: 0, replayable: 0, write: 0 };
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const failures = report.requests.filter((request) => request.kind === kind && request.failure !== undefined);
    failed[kind] = failures.length;
    const wrong = failures.filter((request) => !allowed(request, bars[kind]));
    const [first] = wrong;
    bar(
      `${wrong.length} ${KINDS[kind]} failed that should not have: ${first?.failure}, sent ${seconds((first?.sentAt ?? 0) - notes.from)} after the fault, ended ${seconds((first?.endedAt ?? 0) - notes.from)} after it`,
      wrong.length === 0,
    );
  }
  const others = report.requests.filter((request) => !allowed(request, bars.slow)).map(milliseconds);
  const worstOtherMs = Math.max(0, ...others);
  bar(
    `${others.filter((time) => time > slowMs).length} requests that the fault should not have touched took longer than ${slowMs} ms, up to ${Math.round(worstOtherMs)} ms`,
    worstOtherMs <= slowMs,
  );
  if (notes.node !== undefined) {
    const { address, name } = notes.node;
    const foreign = (await pair.failuresInLog(since)).filter(({ firstUpstream }) => firstUpstream !== address);
    bar(`${foreign.length} requests failed that were not sent to ${name}`, foreign.length === 0);
  }
  bar(
    `back in rotation only ${seconds(notes.rotationMs ?? 0)} after health`,
    (notes.rotationMs ?? 0) <= ROTATION_SECONDS * 1000,
  );

  const stored = await pair.storedIds(key);
  const distinct = new Set(stored);
  const acknowledged = report.requests.filter(({ kind, failure }) => kind === 'write' && failure === undefined);
  const lost = acknowledged.filter(({ id }) => !distinct.has(id)).length;
  bar(`${lost} acknowledged writes are not in the database`, lost === 0);
  const repeated = await Promise.all(pair.nodes.map((node) => pair.repeatedDeliveries(node, key)));
  const twice = stored.length - distinct.size + repeated.flat().length;
  bar(`${twice} writes reached the application twice`, twice === 0);
  bar('no write was acknowledged at all', acknowledged.length > 0);

  const touched = report.requests.filter(
    (request) => request.endedAt >= notes.from && (request.failure !== undefined || milliseconds(request) > slowMs),
  );
  const failures = report.requests.filter(({ failure }) => failure !== undefined);
  const first = Math.min(...failures.map(({ sentAt }) => sentAt));
  const last = Math.max(...failures.map(({ endedAt }) => endedAt));
  if (failures.length > 0) notes.remarks.push(`requests failed for ${seconds(last - first)}`);
  return {
    fault,
    sent: report.sent,
    failed,
    worstMs: Math.max(0, ...report.requests.map(milliseconds)),
    worstOtherMs,
    recoveryMs: Math.max(0, ...touched.map(({ endedAt }) => endedAt - notes.from)),
    rotationMs: notes.rotationMs,
    lost,
    twice,
    remarks: notes.remarks,
    said: notes.said,
    tookMs: report.tookMs,
    missed,
  };
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
