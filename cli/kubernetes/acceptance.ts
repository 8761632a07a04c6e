import { setTimeout } from 'node:timers/promises';
import type { Operator } from '../../acceptance/operator';
import type { NodeTopology } from '../../topology/node';
import type { Topology } from '../../topology/topology';
import type { TargetSource } from '../acceptance/target';
import type { EnvironmentCluster } from '../environment-cluster';
import { authorityOf } from '../published/published';
import { UserError } from '../setup/errors';
import { componentOf } from './pods';
import { placesOnCluster } from './published';
import { readSecrets } from './secrets';

/** What the cluster knows of an environment as its clients see it. */
export function sourceOnCluster(topology: Topology, cluster: EnvironmentCluster): TargetSource {
  const { identityServerSecrets } = topology.volumes;
  return {
    address: async () => {
      const { addresses, missing } = await placesOnCluster(topology, cluster);
      if (missing !== undefined) throw new UserError(`the environment cannot be asked: ${missing}`);
      return addresses[0] ?? topology.loadBalancer.hostname;
    },
    authority: () => authorityOf(topology, cluster),
    password: async () => {
      const [secret] = await readSecrets(cluster, [identityServerSecrets]);
      const stored = secret?.files.get('ADMIN_PASSWORD')?.toString('utf8').replace(/\n$/, '');
      if (stored) return stored;
      throw new UserError(
        `the administrator's password is not in the Secret ${identityServerSecrets.name}. Say it by the variables ADMIN_USERNAME and ADMIN_PASSWORD.`,
      );
    },
  };
}

/** What the cluster takes to end a pod by force, after its stop time. */
const FORCE_SECONDS = 30;
const POLL_MS = 500;

/** Sends the server of a node a signal; the entry point, which is process 1, gets none. */
const SIGNAL = 'kill -s "$1" "$(cat "$WSO2_SERVER_HOME/wso2carbon.pid")"';

/** Takes the environment's nodes away and brings them back, in its cluster. */
export function operatorOnCluster({ nodes }: Topology, cluster: EnvironmentCluster): Operator {
  const on = (name: string): NodeTopology => {
    const node = nodes.find((each) => each.name === name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    return node;
  };
  const signal = async (name: string, which: string) => {
    await cluster.exec(on(name).containerName, '/bin/sh', '-c', SIGNAL, 'sh', which);
  };
  const scale = async (name: string, replicas: number) => {
    await cluster.kubectl(['scale', 'deployment', on(name).containerName, `--replicas=${replicas}`]);
  };
  const frozen = new Set<string>();
  const stopped = new Set<string>();
  return {
    stop: async (name) => {
      const { stopSeconds, pod } = on(name);
      stopped.add(name);
      await scale(name, 0);
      const deadline = performance.now() + (stopSeconds + (pod?.beforeStopSeconds ?? 0) + FORCE_SECONDS) * 1000;
      const runs = async () => (await cluster.list('pods')).some((each) => componentOf(each) === name);
      while (await runs()) {
        if (performance.now() > deadline) throw new Error(`${name} has not stopped`);
        await setTimeout(POLL_MS);
      }
    },
    // The cluster starts it again by itself, as it does with a server that had no memory left.
    kill: (name) => signal(name, 'KILL'),
    freeze: async (name) => {
      frozen.add(name);
      await signal(name, 'STOP');
    },
    start: async (name) => {
      if (frozen.delete(name)) await signal(name, 'CONT');
      if (stopped.delete(name)) await scale(name, 1);
    },
  };
}
