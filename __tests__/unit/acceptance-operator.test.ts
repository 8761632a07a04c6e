import { operatorOf } from '../../cli/acceptance/operator';
import { InterruptedError } from '../../cli/setup/errors';
import type { Topology } from '../../topology/topology';

describe('the way back of a node', () => {
  const topology = {
    nodes: [{ name: 'node-1', containerName: 'bank-node-1', stopSeconds: 30 }],
  } as unknown as Topology;

  test('after a stop whose client was interrupted, waits for the end of it before it starts the container', async () => {
    let running = true;
    let asked = 0;
    const starts: boolean[] = [];
    const docker = async (...[command]: string[]) => {
      if (command === 'stop') throw new InterruptedError('SIGINT');
      if (command === 'start') {
        starts.push(running);
        running = true;
      } else if (command === 'container') {
        asked++;
        if (starts.length === 0 && asked === 3) running = false;
        return `${running}\n`;
      }
      return '';
    };
    const operator = operatorOf(topology, { docker });
    await expect(operator.stop('node-1')).rejects.toThrow(InterruptedError);
    await operator.start('node-1');
    expect(starts).toEqual([false]);
    expect(running).toBe(true);
  });

  test('goes on when Ctrl-C is pressed again', async () => {
    let starts = 0;
    const docker = async (...[command]: string[]) => {
      if (command === 'start' && ++starts === 1) throw new InterruptedError('SIGINT');
      return 'true';
    };
    await operatorOf(topology, { docker }).start('node-1');
    expect(starts).toBe(2);
  });

  test('says when the container does not run after its start', async () => {
    const docker = async () => 'false\n';
    await expect(operatorOf(topology, { docker }).start('node-1')).rejects.toThrow(
      'bank-node-1 was started and does not run',
    );
  });
});
