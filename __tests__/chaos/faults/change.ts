import { sandboxImageTags } from '../../../images/tags';
import { processesBelow } from '../../support/process-tree';
import { docker, eventually, inspect } from '../../support/workspace';
import { type Fault, NOTHING_LOST } from '../fault';
import { NODE_PORT, type Pair } from '../pair';

const BROKEN_IMAGE = 'wso2-is-active-active/chaos-broken:1';

const brokenImage: Fault = {
  name: 'roll to a broken node image',
  done: 'a node image that starts and answers nothing is rolled out, then taken back',
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    await pair.workspace.buildImage(
      BROKEN_IMAGE,
      `FROM ${sandboxImageTags().identityServer}\nRUN printf '#!/bin/sh\\necho broken on purpose; sleep 600\\n' > /home/wso2carbon/docker-entrypoint.sh\n`,
    );
    try {
      const [, second] = pair.nodes;
      const before = await inspect(second.container);
      const roll = await note.faultWindow(() => pair.tryUp({ image: BROKEN_IMAGE, startTimeoutSeconds: 30 }));
      note.expect('the roll did not fail', roll.exitCode !== 0);
      note.expect('the message lacks the log of the node', roll.stderr.includes('broken on purpose'));
      await pair.up();
      note.expect(
        'the other node was touched',
        (await inspect(second.container)).State.StartedAt === before.State.StartedAt,
      );
    } finally {
      await docker('image', 'rm', '--force', BROKEN_IMAGE);
    }
  },
};

async function containerIds(pair: Pair): Promise<string[]> {
  return Promise.all(pair.nodes.map(async ({ container }) => (await inspect(container)).Id));
}

const twoRolls: Fault = {
  name: 'two rolls in a row',
  done: 'a changed heap is rolled out, and the old one again at once',
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    await note.faultWindow(async () => {
      for (const heapMb of [400, 384]) {
        const before = await containerIds(pair);
        await pair.up({ heapMb });
        const after = await containerIds(pair);
        note.expect(
          'a node was not replaced',
          after.every((id) => !before.includes(id)),
        );
      }
    });
  },
};

const killedApply: Fault = {
  name: 'apply killed in the middle of a roll',
  done: 'terraform gets SIGKILL while node 1 starts with a changed heap; make up continues, and takes it back',
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    const [first] = pair.nodes;
    const { Id } = await inspect(first.container);
    await pair.configure({ heapMb: 400 });
    await note.faultWindow(async () => {
      const make = pair.workspace.begin('up', pair.name);
      await eventually('node 1 is recreated', 120, async () => {
        const created = await inspect(first.container).catch(() => undefined);
        return created !== undefined && created.Id !== Id;
      });
      const victims = processesBelow(make.pid).filter(({ name }) => /^(terraform|tofu)$/.test(name));
      for (const { pid } of victims) process.kill(pid, 'SIGKILL');
      note.expect('no terraform was running', victims.length > 0);
      note.expect('make up did not fail', (await make.ended).exitCode !== 0);
      await pair.up({ heapMb: 400 });
    });
    await pair.up();
  },
};

const certificates: Fault = {
  name: 'certificates issued again',
  done: 'keystore_revision is raised, which issues the certificates again and rolls the nodes; and back',
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    const shown = () =>
      Promise.all([
        pair.certificateOf(pair.address, 443),
        ...pair.nodes.map(({ address }) => pair.certificateOf(address, NODE_PORT)),
      ]);
    const before = await shown();
    await note.faultWindow(() => pair.up({ keystoreRevision: 2 }));
    const after = await shown();
    note.expect(
      'a server still shows its old certificate',
      after.every((certificate, index) => certificate !== before[index]),
    );
    note.expect('the nodes show different certificates', after[1] === after[2]);
    await pair.up();
  },
};

export const changeFaults = { brokenImage, certificates, twoRolls, killedApply };
