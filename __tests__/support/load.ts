import { Client, type ClientProps } from './client';

/** One kind of request in the mix. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  /** Path; `id` is unique for each request. */
  readonly path: (id: string) => string;
  /** Word by which a report tells the kinds of the mix apart. @default - the method */
  readonly kind?: string;
}

/** One request of the load, whatever became of it. */
export interface SentRequest {
  readonly id: string;
  readonly kind: string;
  /** When it was sent and when its answer, or its failure, was complete; milliseconds of `performance.now()`. */
  readonly sentAt: number;
  readonly endedAt: number;
  /** Why it counts as failed; undefined when it was answered with 200. */
  readonly failure?: string;
}

export interface FailedRequest {
  readonly id: string;
  readonly path: string;
  readonly method: string;
  readonly reason: string;
  /** Milliseconds after the start of the load. */
  readonly at: number;
  readonly milliseconds: number;
}

export interface LoadReport {
  readonly sent: number;
  readonly failed: readonly FailedRequest[];
  /** Worst latency of the answered requests, in milliseconds, and when it was sent. */
  readonly slowest: { readonly milliseconds: number; readonly path: string; readonly at: number };
  /** Ids of the requests that were answered with success. */
  readonly succeeded: readonly string[];
  /** Every request, in the order in which they ended. */
  readonly requests: readonly SentRequest[];
}

export interface LoadProps extends ClientProps {
  readonly requests: readonly LoadRequest[];
  /** Clients that send one request after the other; every second one keeps cookies. */
  readonly clients: number;
  /** Pause between two requests of one client, in milliseconds. */
  readonly pause: number;
  /** Distinguishes the ids of this load from others. */
  readonly name: string;
}

/** Of the requests that failed, so many are shown: they often have one cause. */
const SHOWN_FAILURES = 10;

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

/** Runs load until `work` has ended (bounded by 15 minutes). Clients never retry. */
export async function underLoad<T>(
  props: LoadProps,
  work: () => Promise<T>,
): Promise<{ report: LoadReport; result: T }> {
  const started = performance.now();
  const state = { stop: false, sent: 0 };
  const failed: FailedRequest[] = [];
  const succeeded: string[] = [];
  const requests: SentRequest[] = [];
  let slowest = { milliseconds: 0, path: '', at: 0 };

  const runClient = async (number: number) => {
    const client = new Client({ ...props, cookies: number % 2 === 0 });
    for (let turn = 0; !state.stop && performance.now() - started < 900_000; turn++) {
      const request = props.requests[(number + turn) % props.requests.length] as LoadRequest;
      const { method, path, kind = method } = request;
      const id = `${props.name}-${number}-${turn}`;
      const target = path(id);
      const at = performance.now() - started;
      const ended = (failure?: string) => {
        const endedAt = performance.now();
        requests.push({ id, kind, sentAt: started + at, endedAt, failure });
        if (failure !== undefined)
          failed.push({ id, path: target, method, reason: failure, at, milliseconds: endedAt - started - at });
      };
      state.sent++;
      try {
        const reply = method === 'GET' ? await client.get(target) : await client.post(target);
        if (reply.status !== 200) ended(`status ${reply.status}`);
        else {
          ended();
          succeeded.push(id);
          if (reply.milliseconds > slowest.milliseconds)
            slowest = { milliseconds: reply.milliseconds, path: target, at };
        }
      } catch (error) {
        ended(error instanceof Error ? error.message : String(error));
      }
      await new Promise((done) => setTimeout(done, props.pause));
    }
    client.close();
  };

  const clients = Array.from({ length: props.clients }, (_, number) => runClient(number));
  try {
    const result = await work();
    state.stop = true;
    await Promise.all(clients);
    for (const { method, path, reason, at, milliseconds } of failed.slice(0, SHOWN_FAILURES))
      console.log(
        `${props.name}: ${method} ${path} at ${seconds(at)} failed after ${seconds(milliseconds)}: ${reason}`,
      );
    return { report: { sent: state.sent, failed, slowest, succeeded, requests }, result };
  } finally {
    state.stop = true;
    await Promise.all(clients);
  }
}
