import { existsSync } from 'node:fs';
import { kubectl } from '../../../cli/cluster/kubectl';
import type { MachineName } from '../../../cli/cluster/layout';
import { killed, processesOfPod } from '../../../cli/cluster/namespaces';
import { run } from '../../../cli/setup/process';
import { LABEL_PREFIX, ROLE_LABEL } from '../../../topology/names';
import { eventually } from '../../support/workspace';

/** A pod of an environment that keeps running. */
export interface Pod {
  readonly name: string;
  readonly uid: string;
  /** Such as node-1 or load-balancer. */
  readonly component: string;
  readonly machine: MachineName | undefined;
  readonly address: string;
  readonly ready: boolean;
  /** Whether it is about to stop. */
  readonly leaving: boolean;
  /** Whether its container runs. */
  readonly running: boolean;
  readonly restarts: number;
}

interface PodObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName?: MachineName };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number; readonly state: object }[];
  };
}

/** The pods of nodes and load balancers, as the API server has them. */
export async function podsOf(environment: string, namespace: string): Promise<Pod[]> {
  const selector = `${LABEL_PREFIX}.environment=${environment},${ROLE_LABEL} in (node, load-balancer)`;
  const text = await kubectl(['get', 'pods', '--namespace', namespace, '--selector', selector, '--output', 'json']);
  return (JSON.parse(text) as { items: PodObject[] }).items.map(podFrom);
}

function podFrom({ metadata, spec, status }: PodObject): Pod {
  const [container] = status.containerStatuses ?? [];
  return {
    name: metadata.name,
    uid: metadata.uid,
    component: metadata.labels[`${LABEL_PREFIX}.component`] ?? '',
    machine: spec.nodeName,
    address: status.podIP ?? '',
    ready: (status.conditions ?? []).some(({ type, status: state }) => type === 'Ready' && state === 'True'),
    leaving: metadata.deletionTimestamp !== undefined,
    running: container !== undefined && 'running' in container.state,
    restarts: container?.restartCount ?? 0,
  };
}

/** Process ids by which pods are entered: to look for them anew each time would take longer than to ask. */
const entries = new Map<string, number>();

/** Asks a URL from inside a pod's network, past the API server. @returns status and body; undefined where there is no answer */
export async function askInPod(
  { uid }: Pick<Pod, 'uid'>,
  url: string,
  { method = 'GET', headers = {}, seconds = 2 }: AskOptions = {},
): Promise<{ readonly status: number; readonly body: string } | undefined> {
  let pid = entries.get(uid);
  if (pid === undefined || !existsSync(`/proc/${pid}`)) [pid] = processesOfPod(uid);
  if (pid === undefined) return undefined;
  entries.set(uid, pid);
  const how = ['--silent', '--insecure', '--max-time', String(seconds), '--request', method];
  const said = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
  try {
    const args = [`--net=/proc/${pid}/ns/net`, 'curl', ...how, ...said, '--write-out', '\n%{http_code}', url];
    const { stdout } = await run('nsenter', args);
    const end = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
  } catch {
    return undefined;
  }
}

interface AskOptions {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the answer may take. */
  readonly seconds?: number;
}

/** SIGKILL of all processes of a pod's containers at once. Returns when they are gone; kubelet starts them again. */
export async function killPod({ uid, name }: Pod): Promise<void> {
  const pids = processesOfPod(uid);
  if (pids.length === 0) throw new Error(`no process of ${name} runs`);
  pids.forEach(killed);
  await eventually(`the processes of ${name} have ended`, 10, () => pids.every((pid) => !existsSync(`/proc/${pid}`)));
}
