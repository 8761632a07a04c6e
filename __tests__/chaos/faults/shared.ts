import { docker, inspect, psql } from '../../support/workspace';
import { type Fault, NOTHING_LOST, type Notes, pause } from '../fault';
import type { Pair, PairNode } from '../pair';

/** What all nodes see alike. It must not take all of them out of a service that works. */

const SECONDARY = 'SECONDARY';
/** More than any pool of the pair has. */
const WHOLE_POOL = 50;

/** Takes a table away from a database for some time, as if its server had failed for whoever asks for it. */
async function withoutTable(pair: Pair, database: string, table: string, work: () => Promise<void>): Promise<void> {
  await psql(pair.database, database, `ALTER TABLE ${table} RENAME TO ${table}_away`);
  try {
    await work();
  } finally {
    await psql(pair.database, database, `ALTER TABLE ${table}_away RENAME TO ${table}`);
  }
}

const secondaryStore: Fault = {
  name: 'failing secondary user store on both nodes',
  done: 'both nodes get a secondary user store, whose tables then fail for 15 s',
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    for (const node of pair.nodes) {
      const { status, body } = await pair.ask(
        node,
        'POST',
        `/probe/user-store?domain=${SECONDARY}&pool=jdbc/SHARED_DB`,
      );
      note.expect(`the store was not added to ${node.name}: ${body}`, status === 200);
    }
    const works = async (node: PairNode) =>
      (await pair.ask(node, 'GET', `/probe/user-store?domain=${SECONDARY}`)).status === 200;
    await note.faultWindow(() =>
      withoutTable(pair, 'wso2_shared', 'um_role', async () => {
        await pause(15_000);
        for (const node of pair.nodes) {
          note.expect(`the store does not fail on ${node.name}`, !(await works(node)));
          note.expect(`${node.name} left the rotation for it`, (await pair.rotations())[node.name] === 'in');
        }
      }),
    );
    for (const node of pair.nodes) note.expect(`the store still fails on ${node.name}`, await works(node));
  },
};

/** Until both nodes are out of rotation, and for some time more. */
async function bothOut(pair: Pair, seconds: number): Promise<void> {
  await Promise.all(pair.nodes.map((node) => pair.untilRotation(node, 'out', 15)));
  await pause(seconds * 1000);
}

const primaryStore: Fault = {
  name: 'failing primary user store on both nodes',
  done: 'both nodes answer their health request with 503 for 20 s, but can do what is asked of them',
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    await note.faultWindow(() => withoutTable(pair, 'wso2_user', 'um_role', () => bothOut(pair, 20)));
    await Promise.all(pair.nodes.map((node) => note.backInRotation(node)));
  },
};

/** Requests that need a connection wait for it; no others may be slow, and none may fail. */
const WAITING: Fault['bars'] = { ...NOTHING_LOST, slow: 'in flight' };

/** Takes every connection of the pool on the nodes for some time; `during` runs meanwhile. */
async function exhaust(pair: Pair, nodes: readonly PairNode[], seconds: number, during: () => Promise<void>) {
  const path = `/probe/pool?connections=${WHOLE_POOL}&ms=${seconds * 1000}`;
  await Promise.all([...nodes.map((node) => pair.ask(node, 'POST', path)), during()]);
}

async function withoutWaiting(pair: Pair, note: Notes): Promise<void> {
  const { status, milliseconds } = await pair.client().get('/probe/echo');
  note.expect(
    `what needs no connection is answered with ${status} after ${Math.round(milliseconds)} ms`,
    status === 200 && milliseconds < 1000,
  );
}

const poolOfOne: Fault = {
  name: 'exhausted pool on one node',
  done: `all ${WHOLE_POOL} connections of node 1 are taken for 12 s`,
  bars: WAITING,
  inject: async (pair, note) => {
    const [node] = pair.nodes;
    await note.faultWindow(() =>
      exhaust(pair, [node], 12, async () => {
        await pair.untilRotation(node, 'out', 10);
        await withoutWaiting(pair, note);
      }),
    );
    await note.backInRotation(node);
  },
};

const poolOfBoth: Fault = {
  name: 'exhausted pool on both nodes',
  done: `all ${WHOLE_POOL} connections of both nodes are taken for 12 s`,
  bars: WAITING,
  inject: async (pair, note) => {
    await note.faultWindow(() =>
      exhaust(pair, pair.nodes, 12, async () => {
        await bothOut(pair, 2);
        await withoutWaiting(pair, note);
      }),
    );
    await Promise.all(pair.nodes.map((node) => note.backInRotation(node)));
  },
};

/** Where a console writes a secondary user store, as the server's user. What reads it there is not in the sandbox's kernel. */
const STORE_FILE = '"$WSO2_SERVER_HOME/repository/deployment/server/userstores/BANK.xml"';

const addedStore: Fault = {
  name: 'secondary user store added on one node',
  done: 'its file is written on node 1, read on node 2, and read on both after a roll; then it is removed on node 2',
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    const [first, second] = pair.nodes;
    const inside = (node: PairNode, command: string) => docker('exec', node.container, 'sh', '-c', command);
    const content = `<UserStoreManager><!-- ${Date.now()} --></UserStoreManager>`;
    const has = async (node: PairNode) => (await inside(node, `cat ${STORE_FILE} 2>/dev/null || true`)) === content;
    await note.faultWindow(async () => {
      await inside(first, `echo '${content}' >${STORE_FILE}`);
      note.expect('node 2 has not got it', await has(second));
      const before = await inspect(second.container);
      await pair.up({ heapMb: 400 });
      note.expect('node 2 was not replaced', (await inspect(second.container)).Id !== before.Id);
      for (const node of pair.nodes) note.expect(`${node.name} lost it in the roll`, await has(node));
      await inside(second, `rm ${STORE_FILE}`);
      note.expect('node 1 still has it', !(await has(first)));
      await pair.up();
    });
  },
};

export const sharedFaults = { secondaryStore, primaryStore, poolOfOne, poolOfBoth, addedStore };
