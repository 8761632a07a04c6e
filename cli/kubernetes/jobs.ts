import { jobsInOrder } from '../../topology/jobs';
import type { Topology } from '../../topology/topology';
import type { ClusterObject, EnvironmentCluster } from '../environment-cluster';
import { type ComponentStatus, LOG_LINES, NO_STATUS } from '../status/components';
import { knownCause, whatJobSaid } from '../status/reasons';
import type { Condition } from './pods';

/** A Job as the API server reports it. */
export interface Job extends ClusterObject {
  readonly status: {
    readonly failed?: number;
    readonly succeeded?: number;
    readonly conditions?: readonly Condition[];
  };
}

/** The newest Job for each of the topology's: one of an earlier content may still be there, and means nothing. */
export function currentJobs({ jobs }: Topology, found: readonly Job[]): Job[] {
  return jobsInOrder(jobs).flatMap(({ name }) => {
    const ofIt = found.filter(({ metadata }) => baseNameOf(metadata.name) === name);
    const created = ({ metadata }: Job) => Date.parse(metadata.creationTimestamp);
    return ofIt.toSorted((one, other) => created(other) - created(one)).slice(0, 1);
  });
}

/** The topology's name of a Job, whose own ends with a digest of its content. */
export function baseNameOf(name: string): string {
  return name.replace(/-[0-9a-f]{10}$/, '');
}

/** Whether a job has failed, for good or so far. */
export function hasFailed({ status }: Job): boolean {
  return (status.failed ?? 0) > 0 && !status.succeeded;
}

/** A row for each job that failed, with what it says. */
export function failedJobs(
  topology: Topology,
  cluster: EnvironmentCluster,
  found: readonly Job[],
): Promise<ComponentStatus[]> {
  const { environment } = topology;
  const rows = currentJobs(topology, found)
    .filter(hasFailed)
    .map(async ({ metadata: { name }, status }): Promise<ComponentStatus> => {
      const args = ['logs', '--all-containers', '--ignore-errors', `--tail=${LOG_LINES}`, `job/${name}`];
      const log = await cluster.kubectl(args).catch(() => '');
      const words = { thing: 'pod', starter: 'Kubernetes', client: cluster.client } as const;
      const said = knownCause(log, words) ?? whatJobSaid(log);
      const over = status.conditions?.some((each) => each.type === 'Failed' && each.status === 'True');
      const next = over ? `"make up ENVIRONMENT=${environment}" runs it again` : 'Kubernetes runs it again';
      return {
        ...NO_STATUS,
        component: name.slice(environment.length + 1),
        container: name,
        machine: null,
        state: 'failed',
        health: 'none',
        reason: `it failed: ${said}. "${cluster.client} logs job/${name}" says all; ${next}`,
      };
    });
  return Promise.all(rows);
}
