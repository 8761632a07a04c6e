import { setTimeout } from 'node:timers/promises';
import type { Client } from './client';
import type { Lab } from './lab';
import { Broken, expectThat, Slowed } from './outcome';
import type { Application } from './product/applications';
import type { User } from './product/directory';
import { logIn, logOut } from './product/login';
import { introspect, redeem, refresh, type Tokens } from './product/tokens';

/** One log-in of the load, whatever became of it. Times are of `performance.now()`. */
export interface Flow {
  /** When the request was sent that failed, or the last one. */
  readonly sentAt: number;
  readonly endedAt: number;
  /** @default - it succeeded */
  readonly failure?: string;
  /** What became of it when it was tried again at once. @default - it succeeded, or was not tried */
  readonly failedAgain?: string;
}

export interface LoadReport {
  readonly flows: readonly Flow[];
  /** Longest log-in that succeeded, in milliseconds. */
  readonly longestMs: number;
}

/** Pause of a client between two log-ins: the upper rate of the load. */
const PAUSE_MS = 400;

/**
 * Clients that log in, redeem the code, introspect, refresh and log out, again and again, each as a user of its own and wherever the load
 * balancer sends it, until `work` has ended.
 */
export async function underLogins(
  lab: Lab,
  node: string,
  clients: number,
  work: () => Promise<void>,
): Promise<LoadReport> {
  const app = await lab.application(node);
  const users: User[] = [];
  for (let made = 0; made < clients; made++) users.push(await lab.user(node));
  const flows: Flow[] = [];
  let longestMs = 0;
  let stopped = false;

  const once = async (user: User): Promise<Flow> => {
    let sentAt = performance.now();
    const startedAt = sentAt;
    try {
      await wholeLogin(lab.client(), app, user, () => {
        sentAt = performance.now();
      });
      longestMs = Math.max(longestMs, performance.now() - startedAt);
      return { sentAt, endedAt: performance.now() };
    } catch (error) {
      // More of it would only be slowed down, too, and with it what the check itself asks.
      if (error instanceof Slowed) {
        lab.slowed = error;
        stopped = true;
      }
      return { sentAt, endedAt: performance.now(), failure: error instanceof Error ? error.message : String(error) };
    }
  };
  const client = async (user: User) => {
    while (!stopped) {
      const flow = await once(user);
      const again = flow.failure === undefined ? undefined : await once(user);
      flows.push({ ...flow, ...(again?.failure && { failedAgain: again.failure }) });
      await setTimeout(PAUSE_MS);
    }
  };
  const running = users.map(client);
  try {
    await work();
  } finally {
    stopped = true;
    await Promise.all(running);
  }
  return { flows, longestMs };
}

async function wholeLogin(browser: Client, app: Application, user: User, sending: () => void): Promise<void> {
  browser.beforeRequest = sending;
  const code = await logIn(browser, app, user);
  const first = (await redeem(browser, app, code)).expect(200).json<Tokens>();
  if (!(await introspect(browser, app, first.access_token)).active) throw new Broken('a new token is not active');
  if (first.refresh_token !== undefined) (await refresh(browser, app, first.refresh_token)).expect(200);
  await logOut(browser, app, first.id_token ?? '');
}

/** When requests may fail: those that were sent by `to` and had no answer at `from`. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** @throws Slowed when the load met a 429; Broken when a log-in failed outside of the window, or also when it was tried again */
export function judge(lab: Lab, { flows, longestMs }: LoadReport, window?: Window): void {
  if (lab.slowed !== undefined) throw lab.slowed;
  const failed = flows.filter(({ failure }) => failure !== undefined);
  const excused = ({ sentAt, endedAt }: Flow) => window !== undefined && sentAt <= window.to && endedAt >= window.from;
  const wrong = failed.filter((flow) => !excused(flow));
  expectThat(wrong.length === 0, `${wrong.length} of ${flows.length} log-ins failed, such as: ${wrong[0]?.failure}`);
  const twice = failed.find(({ failedAgain }) => failedAgain !== undefined);
  expectThat(twice === undefined, `a log-in failed again when it was repeated: ${twice?.failedAgain}`);
  expectThat(flows.length > 0, 'no log-in came to its end under load');
  lab.note(
    `${flows.length} log-ins, ${failed.length} of them failed${failed.length > 0 ? ' with a request in flight and succeeded when repeated' : ''}; the longest took ${Math.round(longestMs)} ms`,
  );
}
