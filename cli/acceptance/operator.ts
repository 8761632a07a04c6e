import type { Operator } from '../../acceptance/operator';
import type { Topology } from '../../topology/topology';
import type { EnvironmentEngine } from '../environment-engine';

/** Takes the environment's nodes away and brings them back, on the Docker host. */
export function operatorOf({ nodes }: Topology, engine: EnvironmentEngine): Operator {
  const on = (name: string) => {
    const node = nodes.find((each) => each.name === name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    return node;
  };
  const frozen = new Set<string>();
  return {
    stop: async (name) => {
      const { containerName, stopSeconds } = on(name);
      await engine.docker('stop', '--time', String(stopSeconds), containerName);
    },
    kill: async (name) => {
      await engine.docker('kill', on(name).containerName);
    },
    freeze: async (name) => {
      frozen.add(name);
      await engine.docker('pause', on(name).containerName);
    },
    start: async (name) => {
      await engine.docker(frozen.delete(name) ? 'unpause' : 'start', on(name).containerName);
    },
  };
}
