import { setTimeout } from 'node:timers/promises';
import { parameter } from './answer';
import { ROUTE_COOKIE } from './client';
import type { Lab } from './lab';
import { judge, underLogins, type Window } from './load';
import type { Fault } from './operator';
import { Broken, expectThat, Skipped, Unclear } from './outcome';
import type { Application } from './product/applications';
import { askSilently, beginLogin, finishLogin, logIn, sendPassword } from './product/login';
import { introspect, redeem, type Tokens } from './product/tokens';

const CLIENTS = 20;
/** Before and after a fault, so that connections are warm and late damage shows. */
const CALM_SECONDS = 3;
const RETURN_SECONDS = 600;
const POLL_MS = 250;

/** Takes a node away under load and brings it back. @returns when it was taken away */
export async function takeAway(lab: Lab, node: string, fault: Fault, meanwhile: () => Promise<void>): Promise<Window> {
  const { operator } = lab.options;
  if (operator === undefined) throw new Skipped('nobody can stop a node here');
  await requireOthers(lab, node);
  const from = performance.now();
  try {
    await operator[fault](node);
    const to = performance.now();
    await meanwhile();
    return { from, to };
  } finally {
    // Also after an interruption: a node that was taken away must come back.
    await operator.start(node);
    await untilBack(lab, node);
  }
}

/** Does a fault to a node under a load of whole log-ins, and looks whether what was there before survives it. */
export async function survives(lab: Lab, a: string, b: string, fault: Fault, excusedSeconds?: number): Promise<void> {
  const before = await prepare(lab, a, b);
  let window: Window | undefined;
  const report = await underLogins(lab, b, lab.options.clients ?? CLIENTS, async () => {
    await calm(lab);
    window = await takeAway(lab, a, fault, async () => {
      await calm(lab);
      await before.goOn();
    });
    await calm(lab);
  });
  const { from = 0, to = 0 } = window ?? {};
  judge(lab, report, excusedSeconds === undefined ? undefined : { from, to: to + excusedSeconds * 1000 });
}

/** A session, a token and a log-in that has begun, all through A; then they go on without it. */
async function prepare(lab: Lab, a: string, b: string): Promise<{ goOn: () => Promise<void> }> {
  const app: Application = await lab.application(b);
  const user = await lab.user(b);
  const session = lab.client(a);
  const tokens = (await redeem(session, app, await logIn(session, app, user))).expect(200).json<Tokens>();
  const begun = lab.client(a);
  const key = await beginLogin(begun, app);
  const goOn = async () => {
    // The cookie still names A; the load balancer must see to it.
    for (const browser of [session, begun]) browser.unpin();
    const code = parameter(await askSilently(session, app), 'code');
    expectThat(code !== undefined, `a session that was made through ${a} is lost with it`);
    const { active } = await introspect(session, app, tokens.access_token);
    expectThat(active, `a token that was issued by ${a} is lost with it`);
    await finishLogin(begun, await sendPassword(begun, key, user), app);
  };
  return { goOn };
}

/** The last node that serves is never taken away. @throws Unclear after an interruption, or where another node takes no traffic */
async function requireOthers(lab: Lab, node: string): Promise<void> {
  for (const other of lab.target.nodes.filter((each) => each !== node)) {
    if (await takesTraffic(lab, other)) continue;
    throw new Unclear(`${node} was left alone, as ${other} takes no traffic: "make status" says why`);
  }
  if (lab.options.signal?.aborted) throw new Unclear(`${node} was left alone, as the run was interrupted`);
}

/** Waits until the load balancer sends requests for a node to it again. An interruption ends the wait. */
export async function untilBack(lab: Lab, node: string): Promise<void> {
  const deadline = performance.now() + RETURN_SECONDS * 1000;
  while (!(await takesTraffic(lab, node))) {
    if (lab.options.signal?.aborted) return;
    if (performance.now() > deadline) throw new Broken(`${node} takes no traffic ${RETURN_SECONDS} s after its start`);
    await setTimeout(POLL_MS);
  }
}

/** Whether a request for the node is answered, and by nobody else. */
async function takesTraffic(lab: Lab, node: string): Promise<boolean> {
  const headers = { cookie: `${ROUTE_COOKIE}=${node}` };
  const answer = await lab
    .client()
    .raw(lab.target.consolePath, { headers })
    .catch(() => undefined);
  if (answer === undefined || answer.status >= 500) return false;
  return !answer.setCookies.some((cookie) => cookie.startsWith(`${ROUTE_COOKIE}=`));
}

/** @throws AbortError after an interruption; Slowed once the load was given up, so that no node is taken away for nothing */
export async function calm(lab: Lab): Promise<void> {
  const { calmSeconds = CALM_SECONDS, signal } = lab.options;
  await setTimeout(calmSeconds * 1000, undefined, { signal });
  if (lab.slowed !== undefined) throw lab.slowed;
}
