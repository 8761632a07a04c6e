import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { sandboxImageTags } from '../../../images/tags';
import { type Bars, NOTHING_LOST, ONE_NODE_LOST } from '../../chaos/fault';
import { docker, eventually, inspect } from '../../support/workspace';
import type { Mistake } from '../mistake';

/** Everybody is hit until it is brought back. */
export const OUTAGE: Bars = {
  get: 'outage',
  replayable: 'outage',
  write: 'outage',
  slow: 'outage',
  recoverySeconds: 10,
};

const killedNode: Mistake = {
  name: 'docker kill of a node',
  done: 'which the engine takes for a wish: it does not start it again',
  back: 'make up',
  bars: ONE_NODE_LOST,
  make: async (operator, { nodes: [node], name }) => {
    operator.note.node = node;
    await operator.note.faultWindow(() => docker('kill', node.container));
    await operator.refused('status', [
      `it was killed (exit code 137: SIGKILL). "docker logs --tail 50 ${node.container}" says more; "make up ENVIRONMENT=${name}" brings it back`,
    ]);
    await operator.done('up');
  },
};

const removedNode: Mistake = {
  name: 'docker rm -f of a node',
  done: 'a node’s container is removed while it serves',
  back: 'make up',
  bars: ONE_NODE_LOST,
  make: async (operator, { nodes: [node], name }) => {
    operator.note.node = node;
    await operator.note.faultWindow(() => docker('rm', '--force', '--volumes', node.container));
    await operator.refused('status', [
      `its container ${node.container} is missing; "make up ENVIRONMENT=${name}" creates it`,
    ]);
    await operator.done('plan', [`${node.container} is added`]);
    await operator.done('up');
  },
};

const removedLoadBalancer: Mistake = {
  name: 'docker rm -f of the load balancer',
  done: 'its container is removed while it serves',
  back: 'make up',
  bars: OUTAGE,
  make: (operator, { loadBalancer, address }) =>
    operator.note.faultWindow(async () => {
      await docker('rm', '--force', '--volumes', loadBalancer);
      await operator.refused('status', [
        `its container ${loadBalancer} is missing`,
        `nothing accepts connections at ${address}:443`,
      ]);
      await operator.done('plan', [`${loadBalancer} is missing; the apply ends that interruption`]);
      await operator.done('up');
    }),
};

const removedDatabase: Mistake = {
  name: 'docker rm -f of the database',
  done: 'its container is removed with its anonymous volumes; its data is in a volume with a name',
  back: 'make up',
  bars: { ...OUTAGE, recoverySeconds: 30 },
  make: async (operator, { database, nodes }) => {
    await operator.note.faultWindow(async () => {
      await docker('rm', '--force', '--volumes', database);
      await operator.refused('status', [`its container ${database} is missing`]);
      await operator.done('up');
    });
    for (const { container } of nodes) {
      operator.note.expect(`${container} was restarted`, (await inspect(container)).RestartCount === 0);
    }
  },
};

const everythingStopped: Mistake = {
  name: 'docker stop of everything',
  done: 'all containers are stopped, as somebody does who tidies up',
  back: 'make up',
  bars: OUTAGE,
  make: (operator, { database, nodes, loadBalancer }) =>
    operator.note.faultWindow(async () => {
      await docker('stop', '--time', '90', database, ...nodes.map(({ container }) => container), loadBalancer);
      await operator.refused('status', ['it was stopped']);
      await operator.done('up');
    }),
};

const PORT = 443;

const takenPort: Mistake = {
  name: 'a port taken by another program',
  done: 'the load balancer is stopped, and another program has its port before it is started again',
  back: 'that program ends; make up',
  bars: OUTAGE,
  make: (operator, { address, loadBalancer }) =>
    operator.note.faultWindow(async () => {
      await docker('stop', '--time', '40', loadBalancer);
      const program = createServer((socket) => socket.destroy());
      await new Promise<void>((done) => program.listen(PORT, address, done));
      try {
        const taken = `port ${PORT} of ${address} is taken by `;
        const { stderr } = await operator.refused('up', [taken, 'Then go on: make up']);
        operator.note.expect('the program is not named', stderr.includes(`(process ${process.pid})`));
        await operator.refused('status', [`is held by `]);
      } finally {
        await new Promise((done) => program.close(done));
      }
      await operator.done('up');
    }),
};

const brokenNginx: Mistake = {
  name: 'nginx.conf edited in its volume, with a mistake',
  done: 'a line that Nginx does not know is added, and the load balancer restarted',
  back: 'make up',
  bars: OUTAGE,
  make: (operator, { loadBalancer, name }) =>
    operator.note.faultWindow(async () => {
      const image = sandboxImageTags().nginx;
      await operator.onVolume('load-balancer-configuration', image, 'echo "wrong on;" >>/volume/current/nginx.conf');
      await operator.done('plan', ['changed by hand: revisions/']);
      await docker('restart', '--time', '40', loadBalancer);
      await eventually(
        'the load balancer does not come up',
        30,
        // While the engine starts it again and again, it counts as running.
        async () => (await docker('inspect', '--format', '{{.RestartCount}}', loadBalancer)) !== '0',
      );
      await operator.refused('status', ['Nginx refuses its configuration']);
      await operator.done('up', [`Changed by hand in the volume ${name}-load-balancer-configuration`]);
    }),
};

const editedNode: Mistake = {
  name: 'deployment.toml edited in a node',
  done: 'a line is added to the file in node 2’s container, and the node restarted, as a quick fix that nobody notes down',
  back: 'make up, which replaces the node',
  bars: NOTHING_LOST,
  make: async (operator, pair) => {
    const [first, node] = pair.nodes;
    const before = await operator.servers();
    const file = '/home/wso2carbon/wso2-config-volume/repository/conf/deployment.toml';
    await append(node.container, file, '[quick.fix]\n');
    await docker('restart', '--time', '90', node.container);
    await pair.untilRotation(node, 'in', 240);
    await operator.done('plan', [`changed by hand: ${file}`]);
    await operator.done('up');
    const after = await operator.servers();
    operator.note.expect('the node was not replaced', after[node.container] !== before[node.container]);
    operator.note.expect('the other node was touched', after[first.container] === before[first.container]);
  },
};

/** By copying it out and in: within the container nobody may write it. */
async function append(container: string, file: string, text: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'edited-'));
  try {
    const copy = join(directory, basename(file));
    await docker('cp', `${container}:${file}`, copy);
    appendFileSync(copy, text);
    await docker('cp', copy, `${container}:${file}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const containerMistakes = {
  killedNode,
  removedNode,
  removedLoadBalancer,
  removedDatabase,
  everythingStopped,
  takenPort,
  brokenNginx,
  editedNode,
};
