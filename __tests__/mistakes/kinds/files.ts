import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { NOTHING_LOST, ONE_NODE_LOST } from '../../chaos/fault';
import { PROTECTED } from '../../support/protected';
import { docker } from '../../support/workspace';
import type { Mistake } from '../mistake';

const lostState: Mistake = {
  name: 'the state lost',
  done: 'git clean -fdx in the checkout: Terraform’s state in files goes, and all that was generated',
  back: 'make adopt; make up writes the generated files again',
  bars: NOTHING_LOST,
  make: (operator, { workspace, name }) =>
    operator.untouched('what was lost, refused and adopted', async () => {
      for (const folder of ['state', 'build', 'cdktf.out']) rmSync(workspace.path(folder), { recursive: true });
      await operator.refused('plan', ['what serves today goes on']);
      await operator.refused('up', [
        `${name} runs, but Terraform's state does not know it. Nothing was changed`,
        `make adopt ENVIRONMENT=${name}`,
      ]);
      await operator.done('adopt', [`resources are in the state of ${name} again`]);
      await operator.done('up', [`${name} is up.`]);
    }),
};

const renamed: Mistake = {
  name: 'a renamed file',
  done: 'the configuration’s file gets another name while the environment runs, and every command is tried with that',
  back: 'the file gets its name back',
  bars: NOTHING_LOST,
  make: (operator, { workspace, name }) =>
    operator.untouched('the commands with the other name', async () => {
      const environment = `${name}-renamed`;
      const [own, other] = [name, environment].map((file) => workspace.path('config', `${file}.toml`)) as [
        string,
        string,
      ];
      renameSync(own, other);
      try {
        for (const target of ['plan', 'up', 'adopt']) {
          await operator.refused(
            target,
            [`another environment on this engine, ${name}, has`, 'give it its name back'],
            {
              environment,
            },
          );
        }
        await operator.refused('status', [`its container ${environment}-load-balancer is missing`], { environment });
        await operator.done('down', [], { environment });
      } finally {
        renameSync(other, own);
      }
    }),
};

const wrongName: Mistake = {
  name: 'the name of an environment misspelt',
  done: 'make down with a letter that is missing, and without any name',
  back: 'nothing to bring back',
  bars: NOTHING_LOST,
  make: (operator, { name }) =>
    operator.untouched('the commands', async () => {
      const environment = name.slice(0, -1);
      await operator.refused('down', [`there is no such file; did you mean "${name}"?`], { environment });
      await operator.refused('up', [`there is no such file; did you mean "${name}"?`], { environment });
      await operator.refused('down', [`environments here: ${name}`], { environment: 'sandbox' });
      await operator.refused('down', [`destroys ${name} with all its data; without a terminal to ask, say YES=1`], {
        variables: { YES: '' },
      });
    }),
};

const brokenNeighbour: Mistake = {
  name: 'a mistake in another environment’s file, during an incident',
  done: 'a second file has a syntax error, a third one wants the same addresses; meanwhile a node is killed',
  back: 'make up, once the third file is gone; the second one stays',
  bars: ONE_NODE_LOST,
  make: async (operator, { workspace, name, nodes: [node] }) => {
    const file = (other: string) => workspace.path('config', `${other}.toml`);
    writeFileSync(file('broken'), 'network = ');
    writeFileSync(file('copied'), readFileSync(file(name)));
    operator.note.node = node;
    await operator.note.faultWindow(() => docker('kill', node.container));
    try {
      await operator.refused('status', [`"make up ENVIRONMENT=${name}" brings it back`]);
      await operator.done('credentials', [`${name}-node-2 accepts it.`]);
      await operator.withFile('backup', '>during.tar', true);
      await operator.refused('up', ['copied.toml']);
      rmSync(file('copied'));
      await operator.done('up', [`${name} is up.`]);
    } finally {
      for (const other of ['broken', 'copied']) rmSync(file(other), { force: true });
    }
  },
};

const unprotected: Mistake = {
  name: 'protected = false in the file, then make down',
  done: 'a protected environment is to be destroyed by an edit that nobody has reviewed',
  back: 'the protection is lifted as it is meant: make plan, make apply with the digest',
  bars: NOTHING_LOST,
  make: async (operator, pair) => {
    const { workspace, name } = pair;
    await pair.up({ head: PROTECTED });
    await operator.untouched('the refusals', async () => {
      await operator.refused('down', ['it has protected = true in its configuration']);
      await pair.configure();
      await operator.refused('down', ['no plan that lifts it has been applied since. Nothing was changed.']);
      await operator.refused('up', ['no plan that lifts it has been applied since. Nothing was changed.']);
      await operator.done('plan', ['THE PROTECTION IS LIFTED']);
      await operator.refused('apply', [`the saved plan lifts the protection of ${name}`]);
      const { digest } = JSON.parse(readFileSync(workspace.path('build', 'plan', name, 'plan.json'), 'utf8'));
      await operator.done('apply', [], { variables: { PLAN: String(digest).slice(0, 12) } });
    });
  },
};

const NOWHERE = 'unix:///nowhere/docker.sock';

const noEngine: Mistake = {
  name: 'DOCKER_HOST that leads nowhere',
  done: 'a shell has DOCKER_HOST set to an engine that is not there',
  back: 'nothing to bring back',
  bars: NOTHING_LOST,
  make: (operator, { hostname, address }) =>
    operator.untouched('the commands', async () => {
      const variables = { DOCKER_HOST: NOWHERE };
      await operator.refused(
        'status',
        ['the Docker Engine cannot be asked', `PUBLISHED  https://${hostname} at ${address}:443: answers`],
        { variables },
      );
      for (const target of ['plan', 'up', 'down']) {
        await operator.refused(target, [`No Docker Engine answers at ${NOWHERE}`], { variables });
      }
    }),
};

export const fileMistakes = { lostState, renamed, wrongName, brokenNeighbour, unprotected, noEngine };
