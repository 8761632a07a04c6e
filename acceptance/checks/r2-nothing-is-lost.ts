import { setTimeout } from 'node:timers/promises';
import { type Check, LOOK } from '../check';
import { calm, takeAway } from '../faults';
import type { Lab } from '../lab';
import { expectThat, Slowed } from '../outcome';
import type { Application } from '../product/applications';
import { replace, USERS, type User } from '../product/directory';
import { clientToken, introspect, revoke } from '../product/tokens';

const WRITERS = 4;
const PAUSE_MS = 200;

/** What nodes have acknowledged. */
interface Ledger {
  /** Name that a user has; undefined where the last change had no answer, so that it may be there or not. */
  readonly names: Map<User, string | undefined>;
  readonly valid: string[];
  readonly revoked: string[];
}

export const check: Check = {
  id: 'R2',
  promise: 'Nothing that was acknowledged during a roll is lost',
  does: `changes users, issues and revokes tokens by ${WRITERS} clients while each node stops and starts, then reads all of it on every node`,
  needs: ['openid', 'management', 'affinity', 'failover'],
  makes: ['an application', `${WRITERS} users`, 'tokens'],
  look: LOOK.database,
  provenBy: ['lost-writes'],
  once: true,
  async run(lab, a) {
    const app = await lab.application(a);
    const ledger: Ledger = { names: new Map(), valid: [], revoked: [] };
    for (let made = 0; made < WRITERS; made++) ledger.names.set(await lab.user(a), undefined);
    const end = new AbortController();
    const writing = [...ledger.names.keys()].map((user) => write(lab, app, user, ledger, end.signal));
    try {
      await calm(lab);
      for (const node of lab.target.nodes) {
        await takeAway(lab, node, 'stop', async () => {});
        await calm(lab);
      }
    } finally {
      end.abort();
      await Promise.all(writing);
    }
    for (const node of lab.target.nodes) await compare(lab, node, app, ledger);
    const changes = [...ledger.names.values()].filter((name) => name !== undefined).length;
    expectThat(changes > 0 && ledger.revoked.length > 0, 'nothing was acknowledged during the roll');
    lab.note(
      `${ledger.valid.length} tokens, ${ledger.revoked.length} revocations and the last changes of ${changes} users read again`,
    );
  },
};

/** Writes wherever the load balancer sends it, until the end. */
async function write(lab: Lab, app: Application, user: User, ledger: Ledger, end: AbortSignal): Promise<void> {
  const [admin, client] = [lab.admin(), lab.client()];
  for (let turn = 1; !end.aborted && lab.slowed === undefined; turn++) {
    const givenName = `Acceptance ${turn}`;
    try {
      ledger.names.set(user, undefined);
      await replace(admin, `${USERS}/${user.id}`, { name: { givenName } });
      ledger.names.set(user, givenName);
      const { access_token: token } = await clientToken(client, app);
      if (turn % 2 === 0) ledger.valid.push(token);
      else {
        await revoke(client, app, token);
        ledger.revoked.push(token);
      }
    } catch (error) {
      if (error instanceof Slowed) lab.slowed = error;
      // Whether requests fail is R1's matter.
    }
    await setTimeout(PAUSE_MS);
  }
}

async function compare(lab: Lab, node: string, app: Application, { names, valid, revoked }: Ledger): Promise<void> {
  const [admin, client] = [lab.admin(node), lab.client(node)];
  for (const [{ id }, expected] of names) {
    if (expected === undefined) continue;
    await lab.within(`what was acknowledged is read on ${node}`, async () => {
      const answer = (await admin.get(`${USERS}/${id}`)).expect(200);
      const { givenName } = answer.json<{ name?: { givenName?: string } }>().name ?? {};
      return givenName === expected
        ? undefined
        : `a user's name was changed to ${expected}, and is ${givenName} on ${node}`;
    });
  }
  for (const token of valid) {
    expectThat(
      (await introspect(client, app, token)).active,
      `a token that was issued during the roll is lost on ${node}`,
    );
  }
  for (const token of revoked) {
    await lab.within(`what was acknowledged is read on ${node}`, async () =>
      (await introspect(client, app, token)).active
        ? `a token that was revoked during the roll is active on ${node}`
        : undefined,
    );
  }
}
