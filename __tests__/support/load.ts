import { Client, type ClientProps } from './client';

/** One kind of request in the mix. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  /** Path; `id` is unique for each request. */
  readonly path: (id: string) => string;
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

/** Runs load until `work` has ended (bounded by 15 minutes). Clients never retry. */
export async function underLoad<T>(
  props: LoadProps,
  work: () => Promise<T>,
): Promise<{ report: LoadReport; result: T }> {
  const started = performance.now();
  const state = { stop: false, sent: 0 };
  const failed: FailedRequest[] = [];
  const succeeded: string[] = [];
  let slowest = { milliseconds: 0, path: '', at: 0 };

  const runClient = async (number: number) => {
    const client = new Client({ ...props, cookies: number % 2 === 0 });
    for (let turn = 0; !state.stop && performance.now() - started < 900_000; turn++) {
      const { method, path } = props.requests[(number + turn) % props.requests.length] as LoadRequest;
      const id = `${props.name}-${number}-${turn}`;
      const target = path(id);
      const at = performance.now() - started;
      const fail = (reason: string) =>
        failed.push({ id, path: target, method, reason, at, milliseconds: performance.now() - started - at });
      state.sent++;
      try {
        const reply = method === 'GET' ? await client.get(target) : await client.post(target);
        if (reply.status !== 200) fail(`status ${reply.status}`);
        else {
          succeeded.push(id);
          if (reply.milliseconds > slowest.milliseconds)
            slowest = { milliseconds: reply.milliseconds, path: target, at };
        }
      } catch (error) {
        fail(error instanceof Error ? error.message : String(error));
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
    return { report: { sent: state.sent, failed, slowest, succeeded }, result };
  } finally {
    state.stop = true;
    await Promise.all(clients);
  }
}
