import { setTimeout } from 'node:timers/promises';
import type { Operator } from '../../acceptance/operator';
import type { Topology } from '../../topology/topology';
import type { EnvironmentEngine } from '../environment-engine';
import { InterruptedError } from '../setup/errors';

/** What the engine takes to end a container by force, after its stop time. */
const FORCE_SECONDS = 15;
const POLL_MS = 250;
/** How often Ctrl-C may come while a node is brought back. */
const ATTEMPTS = 5;

/** Takes the environment's nodes away and brings them back, on the Docker host. */
export function operatorOf({ nodes }: Topology, engine: Pick<EnvironmentEngine, 'docker'>): Operator {
  const on = (name: string) => {
    const node = nodes.find((each) => each.name === name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    return node;
  };
  const frozen = new Set<string>();
  const ending = new Set<string>();
  const runs = async (container: string) =>
    (await surely(() => engine.docker('container', 'inspect', '--format', '{{.State.Running}}', container))).trim() ===
    'true';
  return {
    stop: async (name) => {
      const { containerName, stopSeconds } = on(name);
      ending.add(name);
      await engine.docker('stop', '--time', String(stopSeconds), containerName);
    },
    kill: async (name) => {
      ending.add(name);
      await engine.docker('kill', on(name).containerName);
    },
    freeze: async (name) => {
      frozen.add(name);
      await engine.docker('pause', on(name).containerName);
    },
    start: async (name) => {
      const { containerName, stopSeconds } = on(name);
      if (frozen.delete(name)) {
        await surely(() => engine.docker('unpause', containerName));
        return;
      }
      // Ctrl-C ends the docker client, but not what the engine has begun: a start of a container that still runs does nothing.
      const deadline = performance.now() + (stopSeconds + FORCE_SECONDS) * 1000;
      while (ending.has(name) && performance.now() < deadline && (await runs(containerName))) await setTimeout(POLL_MS);
      ending.delete(name);
      await surely(() => engine.docker('start', containerName));
      if (!(await runs(containerName))) throw new Error(`${containerName} was started and does not run`);
    },
  };
}

/** A node must come back whatever signals come. */
async function surely<T>(command: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await command();
    } catch (error) {
      if (!(error instanceof InterruptedError) || attempt === ATTEMPTS) throw error;
    }
  }
}
