import { run } from '../../../cli/setup/process';
import { docker, eventually, inspect } from '../../support/workspace';
import { type Fault, NOTHING_LOST, type Notes, ONE_NODE_LOST, pause, ROTATION_SECONDS } from '../fault';
import type { Pair, PairNode } from '../pair';

/** A node stays in the rotation until the probes have noticed; requests sent to it until then are in flight on it. */
const NOTICED_WITHIN_SECONDS = 15;
const SERVER = '/home/wso2carbon/wso2carbon-4.10';
const FULL_MEBIBYTES = 16;
/** Prints how many threads the HTTPS connector has. */
const THREADS = `sed -n 's/.*maxThreads="\\([0-9]*\\)".*/\\1/p' ${SERVER}/repository/conf/tomcat/catalina-server.xml | tail -1`;

const kill = (index: 0 | 1): Fault => ({
  name: `SIGKILL of node ${index + 1}`,
  done: 'all its processes die at once; the restart policy brings it back',
  bars: ONE_NODE_LOST,
  inject: async (pair, note) => {
    const node = pair.nodes[index];
    note.node = node;
    await note.faultWindow(() => pair.kill(node.container));
    await note.backInRotation(node);
  },
});

const killBoth: Fault = {
  name: 'SIGKILL of both nodes',
  done: 'both die at once; the load balancer answers 503 with Retry-After until one is back',
  bars: { get: 'outage', replayable: 'outage', write: 'outage', slow: 'outage', recoverySeconds: ROTATION_SECONDS },
  inject: async (pair, note) => {
    await note.faultWindow(async () => {
      await Promise.all(pair.nodes.map(({ container }) => pair.kill(container)));
      await pause(2000);
      const reply = await pair.client().get('/probe/echo');
      note.expect(
        `without a node the load balancer answers ${reply.status}, Retry-After ${reply.headers['retry-after']}`,
        reply.status === 503 && reply.headers['retry-after'] === '5',
      );
      await note.untilOneCanWork();
    });
    await Promise.all(pair.nodes.map((node) => note.backInRotation(node)));
  },
};

/** Breaks a node so that it is silent, for some time, then repairs it. Requests that hang on it end with the read timeout. */
async function silence(
  pair: Pair,
  note: Notes,
  node: PairNode,
  seconds: number,
  begin: () => Promise<unknown>,
  end: () => Promise<unknown>,
): Promise<void> {
  note.node = node;
  const began = performance.now();
  await note.faultWindow(async () => {
    await begin();
    await pair.untilRotation(node, 'out', NOTICED_WITHIN_SECONDS);
  });
  note.remarks.push(`out of rotation after ${((note.to - note.from) / 1000).toFixed(1)} s`);
  await pause(seconds * 1000 - (performance.now() - began));
  await end();
  await note.backInRotation(node);
}

export const freeze = (seconds: number): Fault => ({
  name: `freeze of a node, ${seconds} s`,
  done: 'all its processes are stopped and continued (the cgroup freezer, as SIGSTOP and SIGCONT)',
  bars: ONE_NODE_LOST,
  inject: (pair, note) => {
    const [node] = pair.nodes;
    const thaw = () => docker('unpause', node.container);
    return silence(pair, note, node, seconds, () => pair.freeze(node.container), thaw);
  },
});

const standstill: Fault = {
  name: 'standstill of a server',
  done: 'SIGSTOP to the JVM of node 1, which nobody continues; its entry point ends it after 5 minutes, and the engine starts it again',
  bars: ONE_NODE_LOST,
  inject: async (pair, note) => {
    const [node] = pair.nodes;
    const startedAt = async () => (await inspect(node.container)).State.StartedAt;
    const before = await startedAt();
    const signal = `kill -STOP "$(cat ${SERVER}/wso2carbon.pid)"`;
    const begin = () => docker('exec', node.container, 'sh', '-c', signal);
    await silence(pair, note, node, 0, begin, async () => {
      await eventually('the node has been started again', 420, async () => (await startedAt()) !== before);
      note.remarks.push(`started again after ${((performance.now() - note.from) / 1000).toFixed(0)} s`);
    });
  },
};

/** How long the threads wait: longer than any time-out on the way to them. */
const STUCK_SECONDS = 45;

const stuck: Fault = {
  name: 'all threads of a server stuck',
  done: `every thread that node 1 has for requests waits for ${STUCK_SECONDS} s; its process runs, so it is left alone, out of the rotation`,
  bars: ONE_NODE_LOST,
  inject: async (pair, note) => {
    const [node] = pair.nodes;
    const { State } = await inspect(node.container);
    const threads = await docker('exec', node.container, 'sh', '-c', THREADS);
    let waiting: Promise<unknown> = Promise.resolve();
    const begin = async () => {
      const ask = () => pair.ask(node, 'GET', `/probe/slow?ms=${STUCK_SECONDS * 1000}`);
      waiting = Promise.all(Array.from({ length: Number(threads) }, ask));
    };
    await silence(pair, note, node, 0, begin, async () => {
      await eventually('make status says that the health request is not answered', 30, async () =>
        /node-1: .*health request is not answered/.test((await pair.status()).stderr),
      );
      await waiting;
    });
    note.remarks.push(`${threads} threads`);
    note.expect('the server was started again', (await inspect(node.container)).State.StartedAt === State.StartedAt);
  },
};

const stop: Fault = {
  name: 'graceful stop of a node',
  done: 'docker stop, then docker start',
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    const [node] = pair.nodes;
    await note.faultWindow(() => docker('stop', '--time', '90', node.container));
    await docker('start', node.container);
    await note.backInRotation(node);
  },
};

const disconnect: Fault = {
  name: 'network-disconnect of a node',
  done: 'its network interface is taken away for 15 s',
  bars: ONE_NODE_LOST,
  inject: (pair, note) => {
    const [, node] = pair.nodes;
    return silence(
      pair,
      note,
      node,
      15,
      () => docker('network', 'disconnect', pair.name, node.container),
      () => docker('network', 'connect', '--ip', node.address, pair.name, node.container),
    );
  },
};

const fullDisk: Fault = {
  name: 'full temp and log directories of a node',
  done: `a file system of ${FULL_MEBIBYTES} MiB, full to the last byte, is laid over each for 15 s; then the node is restarted`,
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    const [, node] = pair.nodes;
    // In the container's own mount namespace: it ends with the container, and the host's disk is never filled.
    const inside = (...command: string[]) =>
      inspect(node.container).then(({ State }) =>
        run('nsenter', ['--target', String(State.Pid), '--mount', '--', ...command]),
      );
    await note.faultWindow(async () => {
      for (const directory of ['tmp', 'repository/logs']) {
        const target = `${SERVER}/${directory}`;
        await inside('mount', '-t', 'tmpfs', '-o', `size=${FULL_MEBIBYTES}m,mode=1777`, 'tmpfs', target);
        await inside('sh', '-c', `head -c ${FULL_MEBIBYTES + 1}M /dev/zero >${target}/full 2>/dev/null || true`);
      }
      await pause(15_000);
    });
    note.expect('the node was taken out of the rotation', (await pair.rotations())[node.name] === 'in');
    await docker('restart', '--time', '90', node.container);
    await note.backInRotation(node);
  },
};

export const nodeFaults = {
  killFirst: kill(0),
  killSecond: kill(1),
  killBoth,
  standstill,
  stuck,
  stop,
  disconnect,
  fullDisk,
};
