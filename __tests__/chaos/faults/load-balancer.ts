import { sandboxImageTags } from '../../../images/tags';
import { docker, inspect, waitUntilHealthy } from '../../support/workspace';
import { type Fault, NOTHING_LOST, pause } from '../fault';
import { READ_TIMEOUT_SECONDS } from '../pair';

const kill: Fault = {
  name: 'SIGKILL of Nginx',
  done: 'all its processes die at once; the restart policy brings it back',
  bars: { get: 'outage', replayable: 'outage', write: 'outage', slow: 'outage', recoverySeconds: 5 },
  inject: async (pair, note) => {
    await note.faultWindow(() => pair.kill(pair.loadBalancer));
    await waitUntilHealthy(pair.loadBalancer);
    await Promise.all(pair.nodes.map((node) => note.backInRotation(node)));
  },
};

const killWithoutNode: Fault = {
  name: 'SIGKILL of Nginx while a node is absent',
  done: 'node 2 is stopped, Nginx dies and starts without it, node 2 comes back',
  bars: { get: 'outage', replayable: 'outage', write: 'outage', slow: 'outage', recoverySeconds: 5 },
  inject: async (pair, note) => {
    const [, node] = pair.nodes;
    await docker('stop', '--time', '90', node.container);
    await note.faultWindow(() => pair.kill(pair.loadBalancer));
    await waitUntilHealthy(pair.loadBalancer);
    await docker('start', node.container);
    await note.backInRotation(node);
  },
};

const poison: Fault = {
  name: 'poison requests',
  done: `a GET and a writing POST that take longer than the read timeout of ${READ_TIMEOUT_SECONDS} s`,
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    const left: string[] = [];
    let over = false;
    const watch = (async () => {
      while (!over) {
        for (const [name, rotation] of Object.entries(await pair.rotations())) if (rotation !== 'in') left.push(name);
        await pause(200);
      }
    })();
    const wait = (READ_TIMEOUT_SECONDS + 5) * 1000;
    const key = `poison-${Date.now()}`;
    const [slow, write] = await note.faultWindow(() =>
      Promise.all([
        pair.client().get(`/probe/slow?ms=${wait}`),
        pair.client().post(`/probe/write?ms=${wait}&id=${key}&key=${key}`),
      ]),
    );
    over = true;
    await watch;
    note.expect(`the poison GET was answered with ${slow.status}, not 504`, slow.status === 504);
    note.expect(`the poison POST was answered with ${write.status}, not 504`, write.status === 504);
    note.expect(
      `the poison POST was processed ${(await pair.storedIds(key)).length} times`,
      (await pair.storedIds(key)).length === 1,
    );
    note.expect(`out of rotation: ${[...new Set(left)].join(', ')}`, left.length === 0);
  },
};

const reloads: Fault = {
  name: 'five configuration reloads',
  done: 'five changes of the load balancer configuration, one make up after the other',
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    const before = await inspect(pair.loadBalancer);
    await note.faultWindow(async () => {
      for (const readTimeoutSeconds of [25, 30, 35, 40, READ_TIMEOUT_SECONDS]) await pair.up({ readTimeoutSeconds });
    });
    note.expect('the container was replaced', (await inspect(pair.loadBalancer)).Id === before.Id);
  },
};

const CHANGED_IMAGE = 'wso2-is-active-active/chaos-nginx:1';

const newImage: Fault = {
  name: 'new Nginx image',
  done: 'the load balancer container is replaced, because a published port cannot overlap itself',
  bars: { get: 'outage', replayable: 'outage', write: 'outage', slow: 'outage', recoverySeconds: 5 },
  inject: async (pair, note) => {
    await pair.workspace.buildImage(CHANGED_IMAGE, `FROM ${sandboxImageTags().nginx}\nLABEL changed=yes\n`);
    try {
      const before = await inspect(pair.loadBalancer);
      await note.faultWindow(() => pair.up({ loadBalancerImage: CHANGED_IMAGE }));
      note.expect('the container was not replaced', (await inspect(pair.loadBalancer)).Id !== before.Id);
      // The way back would be the same outage again.
      await pair.configure();
    } finally {
      await docker('image', 'rm', '--force', CHANGED_IMAGE);
    }
  },
};

export const loadBalancerFaults = { kill, killWithoutNode, poison, reloads, newImage };
