import { sandboxImageTags } from '../../../images/tags';
import { type Bars, NOTHING_LOST, pause } from '../../chaos/fault';
import type { Pair } from '../../chaos/pair';
import { Client } from '../../support/client';
import { underLoad } from '../../support/load';
import { docker, inspect } from '../../support/workspace';
import type { Mistake } from '../mistake';

/** What clients of the old name see, which the plan has promised: from the moment at which the load balancer has the new one. */
const PROMISED: Bars = { get: 'outage', replayable: 'outage', write: 'outage', slow: 'outage', recoverySeconds: 2 };
const MOMENT_MS = 100;
const GREEDY_IMAGE = 'wso2-is-active-active/mistakes-greedy:1';

const hostName: Mistake = {
  name: 'another host name, and back',
  done: 'load_balancer.hostname is changed on a running environment; clients of the old name go on',
  back: 'the old name again; make up',
  bars: PROMISED,
  make: async (operator, pair) => {
    const { note } = operator;
    const hostname = `new.${pair.hostname}`;
    await pair.configure({ hostname });
    await operator.done('plan', [
      `for clients of ${pair.hostname}: it is served until the load balancer takes over its configuration, last, and ${hostname} from then on`,
    ]);
    note.from = await momentOf(pair, hostname, () => operator.done('up', [`${pair.name} is up.`]));
    const { report } = await underLoad(
      { address: pair.address, hostname, ca: pair.ca, name: 'new-name', clients: 4, pause: 30, requests: [REQUEST] },
      async () => {
        await operator.nothingToChange();
        await operator.done('status', [`PUBLISHED  https://${hostname}`]);
      },
    );
    note.expect(
      `${report.failed.length} requests of the new name failed: ${report.failed[0]?.reason}`,
      report.failed.length === 0 && report.sent > 100,
    );
    note.remarks.push(`${report.sent} requests of the new name, none failed`);
    await pair.configure();
    note.to = await momentOf(pair, pair.hostname, () => operator.done('up', [`${pair.name} is up.`]));
  },
};

const REQUEST = { method: 'GET', path: (id: string) => `/probe/echo?id=${id}` } as const;

/** When a name was not served for the last time before it was, while something is done. */
async function momentOf(pair: Pair, hostname: string, work: () => Promise<unknown>): Promise<number> {
  let last = performance.now();
  const done = work();
  let over = false;
  const ended = done.finally(() => {
    over = true;
  });
  while (!over) {
    const asked = performance.now();
    const client = new Client({ address: pair.address, hostname, ca: pair.ca, keepAlive: false });
    const served = await client.get('/probe/echo').then(
      ({ status }) => status === 200,
      () => false,
    );
    client.close();
    if (!served) last = asked;
    await pause(MOMENT_MS);
  }
  await ended;
  return last;
}

const nodes: Mistake = {
  name: 'a third node, and back',
  done: 'nodes = 3 on a running environment, then 2 again',
  back: 'make up',
  bars: NOTHING_LOST,
  make: async (operator, pair) => {
    const third = `${pair.name}-node-3`;
    await pair.configure({ nodes: 3 });
    await operator.done('plan', ['rolling, no interruption expected']);
    await operator.done('up', [`${pair.name} is up.`]);
    await operator.done('status', ['node-3']);
    await operator.nothingToChange();
    await pair.configure();
    await operator.done('plan', [`rolling, no interruption expected`, `${third} is drained first`]);
    await operator.done('up', [`${pair.name} is up.`]);
    const left = await docker('ps', '--all', '--quiet', '--filter', `name=^${third}$`);
    operator.note.expect(`${third} is still there`, left === '');
  },
};

const memory: Mistake = {
  name: 'far too little memory for a node',
  done: 'memory_mb = 512 with a heap of 384 MiB, which the configuration allows; the sandbox’s server is made to use its whole heap at once, as a real one does in time',
  back: 'the old limit and image again; make up, which replaces the first node alone',
  bars: NOTHING_LOST,
  make: async (operator, pair) => {
    await pair.workspace.buildImage(
      GREEDY_IMAGE,
      `FROM ${sandboxImageTags().identityServer}\nENV JAVA_TOOL_OPTIONS=-XX:+AlwaysPreTouch\n`,
    );
    try {
      const [, second] = pair.nodes;
      const before = await inspect(second.container);
      await pair.configure({ image: GREEDY_IMAGE, memoryMb: 512, heapMb: 384, startTimeoutSeconds: 60 });
      await operator.refused('up', [
        'identity_server.memory_mb is too small',
        `The roll stops here; ${second.container} keep`,
      ]);
      await operator.refused('status', ['identity_server.memory_mb is too small']);
      await pair.configure();
      await operator.done('up');
      const after = await inspect(second.container);
      operator.note.expect('the other node was touched', after.State.StartedAt === before.State.StartedAt);
    } finally {
      await docker('image', 'rm', '--force', GREEDY_IMAGE);
    }
  },
};

export const changeMistakes = { hostName, nodes, memory };
