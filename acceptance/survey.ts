import type { Need } from './check';
import { Client, ROUTE_COOKIE } from './client';
import type { LabOptions } from './lab';
import { endingOf, type Outcome, Skipped, Unclear } from './outcome';
import type { Target } from './target';

/** Why checks that need something do not begin. */
export interface Missing {
  readonly outcome: Outcome;
  readonly detail: string;
}

export interface Ground {
  /** Why nothing can be asked at all. */
  readonly unreachable?: Missing;
  /** A node that has answered. @default - none is known */
  readonly node?: string;
  readonly missing: ReadonlyMap<Need, Missing>;
}

const CARBON = "the sandbox's Carbon server has none of it";

/** Finds out, before the checks, what cannot be checked here, so that it is said once and well. */
export async function survey(
  target: Target,
  { signal, operator, backChannel, consents }: Pick<LabOptions, 'signal' | 'operator' | 'backChannel' | 'consents'>,
): Promise<Ground> {
  const client = await whoeverAnswers(target, signal);
  if (!(client instanceof Client)) return { unreachable: client, missing: new Map() };
  const probes: Readonly<Record<Need, () => Promise<void> | void>> = {
    openid: async () => {
      const { status } = await client.get('/oauth2/token/.well-known/openid-configuration');
      if (isNowhere(status) && target.maybeCarbon) throw new Skipped(`no OpenID Connect: ${CARBON}`);
    },
    management: async () => {
      const path = '/api/server/v1/applications?limit=1';
      const { status, request } = await client.get(path, { basic: target.administrator });
      if (isNowhere(status) && target.maybeCarbon) throw new Skipped(`no REST management: ${CARBON}`);
      const { username } = target.administrator;
      if (status === 401) throw new Unclear(`name or password of the administrator ${username} is not accepted`);
      if (status === 403)
        throw new Unclear(`${username} may not manage applications: ${request} was answered with 403`);
    },
    affinity: () => {
      if (!target.affinity) throw new Skipped('affinity is off, so a client cannot choose the node');
    },
    'client-certificates': () => {
      if (!target.clientCertificates) throw new Skipped('the load balancer asks nobody for a certificate');
    },
    failover: () => {
      if (operator === undefined) throw new Skipped('it stops nodes: only with FAILOVER=1');
    },
    'back-channel': () => {
      if (backChannel === undefined)
        throw new Skipped('nodes call back: only with BACK_CHANNEL=<address of this machine that they reach>:<port>');
    },
    consents: () => {
      if (!consents) throw new Skipped('a consent can be revoked, but its row stays for ever: only with CONSENTS=1');
    },
    accelerator: () => {
      if (!target.accelerator) throw new Skipped('the accelerator is not in this distribution');
    },
    'denied-paths': () => {
      if (target.deniedPaths.length === 0) throw new Skipped('denied_paths is empty');
    },
  };
  const missing = new Map<Need, Missing>();
  for (const [need, probe] of Object.entries(probes)) {
    try {
      await probe();
    } catch (error) {
      missing.set(need as Need, endingOf(error));
    }
  }
  client.close();
  return { node: client.jar.get(ROUTE_COOKIE), missing };
}

/** Carbon sends to its console's log-in whoever asks for what it has not. */
function isNowhere(status: number): boolean {
  return status === 404 || (status >= 300 && status < 400);
}

/** A client of the first node that answers, as one may be silent; or why none does. */
async function whoeverAnswers(target: Target, signal: AbortSignal | undefined): Promise<Client | Missing> {
  const clients = [undefined, ...target.nodes].map((node) => new Client(target, { node, signal }));
  const answers = clients.map(async (client) => {
    await client.raw(target.consolePath);
    return client.unpin();
  });
  const first = await Promise.any(answers).catch(({ errors }: AggregateError) => endingOf(errors[0]));
  for (const client of clients) if (client !== first) client.close();
  return first;
}
