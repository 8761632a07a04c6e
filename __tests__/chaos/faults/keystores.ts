import { sandboxImageTags } from '../../../images/tags';
import { docker, eventually, inspect } from '../../support/workspace';
import { type Fault, NOTHING_LOST } from '../fault';

export const corruptKeystores: Fault = {
  name: 'corrupt keystore volume',
  done: 'the shared keystore is overwritten and node 1 restarted; then make up, once',
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    const [node] = pair.nodes;
    await note.faultWindow(async () => {
      await docker(
        'run',
        '--rm',
        '--label',
        'wso2-is-active-active.test=1',
        '--network',
        'none',
        '--user',
        '0:0',
        '--volume',
        `${pair.name}-keystores:/keystores`,
        '--entrypoint',
        '/bin/sh',
        sandboxImageTags().identityServer,
        '-c',
        'head -c 3000 /dev/urandom >/keystores/wso2carbon.p12',
      );
      await docker('restart', '--time', '90', node.container);
      await eventually('node 1 is unhealthy and says that the keystores are damaged', 60, async () => {
        const { State } = await inspect(node.container);
        return State.Health?.Log?.at(-1)?.Output.includes('keystore') ?? false;
      });
      const status = await pair.status();
      note.expect('make status does not fail', status.exitCode !== 0);
      note.expect('make status does not name the keystores', /keystore/.test(`${status.stdout}${status.stderr}`));
    });
    await pair.up();
    await note.backInRotation(node);
  },
};
