import { type Allowance, type Bars, ROTATION_SECONDS, SLOW_MS, seconds } from './fault';
import type { Measured, Result } from './results';

/** What counts as slow on the cluster, all of whose machines share the processors of one. What hangs until a time-out is still found. */
export const CLUSTER_SLOW_MS = 5000;

/**
 * The suite's figures as a Markdown page.
 *
 * @param names of all faults that there are: those without a result are named
 */
export function report(results: readonly Result[], names: readonly string[]): string {
  const missing = names.filter((name) => !results.some(({ fault }) => fault.name === name));
  const onEngine = results.filter(({ platform }) => platform === undefined);
  const onCluster = results.filter(({ platform }) => platform === 'kubernetes');
  return `# Faults and what they cost

Written by \`make chaos\` from faults.json; do not edit. Each row is of the day that it names, measured with the code of that day: \`FAULTS="part of a name"\` does
some faults again and leaves the other rows. ${missing.length === 0 ? '' : `Not done yet: ${missing.join(', ')}. `}On ${machinesOf(onEngine)}; both nodes, database, load balancer
and the load itself share this machine. The nodes are the sandbox's: the real WSO2 Carbon kernel, not Identity Server, which starts more slowly.

${onCluster.length === 0 ? '' : 'What is done to a pair on several machines, on Kubernetes, is [below](#on-kubernetes).\n\n'}Every fault is done to a healthy pair under load from loopback: ten clients that never retry, half of them with cookies, keep-alive
connections, GETs and POSTs mixed. Afterwards \`make status\` must say that everything is healthy, without help unless the second table
says otherwise. ${summaryOf(onEngine)}

${figuresTable(onEngine)}

- *Replayable*: the load balancer may send it to the second node although the first may have processed it, because a repeat is
  harmless. *Writing*: it inserts a row, with an id, and is never sent twice.
- *Not in flight*: requests that were not under way in the fault's moment, or in the outage that the fault is.
- *Last effect*: from the fault until the last request that failed or took longer than ${SLOW_MS / 1000} s has ended.
- *Lost*: writes that were acknowledged and are not in the database. *Twice*: writes with two rows, or received twice by a node.

## What was done, and the bars

${explanationTable(onEngine)}

"In flight" are the requests that were under way while the fault happened: until the node's processes were gone, or until the load
balancer had noticed that it is silent. For faults of one node, the load balancer's log must also name that node for every failed
request. Always: nothing acknowledged is lost, no write reaches the application twice, and a node is in the rotation within
${ROTATION_SECONDS} s of being able to work.
${onCluster.length === 0 ? '' : clusterPart(onCluster)}`;
}

function clusterPart(results: readonly Result[]): string {
  return `
## On Kubernetes

Written by \`make cluster-faults\`. The pair is on the cluster of \`make cluster\` ([kubernetes.md](kubernetes.md#a-cluster-to-try-it-on)), three machines with one kernel and one disk; its database is
outside, two PostgreSQL servers of which one takes over from the other. On ${machinesOf(results)}, which has the cluster, the database and the load at once:
each row says how busy it was by its load average, where 2 is all that two processors can do.

The load is the same, and what takes longer than ${CLUSTER_SLOW_MS / 1000} s is slow. Before the machines is a load balancer of the test's own, as a bank has one: it passes connections on and tries nothing again. It asks
each machine once a second over TLS for \`/load-balancer-health\`, waits 2 s, and believes two answers in a row: a machine that answers 503 gets no new connection, and the connections of one that does
not answer are ended. Throughout, every change of the cluster's names is watched: never may two pods of one node be behind its name.
Afterwards all machines are Ready, all pods are ready, each load balancer has both nodes in rotation, and clients are sent to both load balancers.

${summaryOf(results)}

${figuresTable(results)}

${explanationTable(results)}

"In flight" ends when the processes are gone, or when the load balancer before the machines has noticed. "In flight, or within 5 s of its end" for a machine: what was under way when it was lost, and what is sent
in the 5 s after that.
`;
}

function machinesOf(results: readonly Result[]): string {
  return [...new Set(results.map(({ machine }) => machine))].join('; or on ');
}

function summaryOf(results: readonly Result[]): string {
  const total = results.reduce((sum, { outcome }) => sum + (outcome?.sent ?? 0), 0);
  return `**${results.length} faults, ${total} requests. ${verdict(results)}**`;
}

function figuresTable(results: readonly Result[]): string {
  return `| fault | day | requests | failed: GET | replayable POST | writing POST | worst latency | worst, not in flight | last effect after | in rotation after health | lost | twice |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${results.map(row).join('\n')}`;
}

function explanationTable(results: readonly Result[]): string {
  return `| fault | what is done | may fail | may be slow | seen |
| --- | --- | --- | --- | --- |
${results.map(explanation).join('\n')}`;
}

function verdict(results: readonly Result[]): string {
  const missed = results.filter(({ outcome }) => outcome === undefined || outcome.missed.length > 0);
  if (missed.length === 0) return 'Every bar was met.';
  return `Missed by: ${missed.map(({ fault }) => fault.name).join(', ')}.`;
}

function row({ fault, date, outcome }: Result): string {
  return `| ${[fault.name, date, ...(outcome === undefined ? Array(10).fill('?') : figures(outcome))].join(' | ')} |`;
}

function figures(outcome: Measured): (string | number)[] {
  const { sent, failed, worstMs, worstOtherMs, recoveryMs, rotationMs, lost, twice } = outcome;
  return [
    sent,
    failed.get,
    failed.replayable,
    failed.write,
    seconds(worstMs),
    seconds(worstOtherMs),
    recoveryMs === 0 ? 'none' : seconds(recoveryMs),
    rotationMs === undefined ? '-' : seconds(rotationMs),
    lost,
    twice,
  ];
}

function explanation({ fault, outcome, failure }: Result): string {
  const { bars } = fault;
  const problems = [...(outcome?.missed ?? []), ...(failure === undefined ? [] : [failure])];
  const seen = [...(outcome?.remarks ?? []), ...problems.map((problem) => `**MISSED: ${oneLine(problem)}**`)].join(
    '; ',
  );
  return `| ${fault.name} | ${fault.done} | ${mayFail(bars)} | ${word(bars.slow, bars)} | ${seen || 'as expected'} |`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 300);
}

/** Which requests may fail, in words. */
export function mayFail(bars: Bars): string {
  const kinds = { GET: bars.get, 'replayable POST': bars.replayable, 'writing POST': bars.write };
  const allowed = Object.entries(kinds).filter(([, allowance]) => allowance !== 'none');
  if (allowed.length === 0) return 'nothing';
  const [[, first] = ['', 'none' as Allowance]] = allowed;
  if (allowed.length === 3) return `whatever is ${word(first, bars)}`;
  return allowed.map(([kind, allowance]) => `${kind} ${word(allowance, bars)}`).join(', ');
}

function word(allowance: Bars['slow'], bars: Bars): string {
  if (allowance === 'any') return 'any';
  if (allowance === 'none') return 'nothing';
  return allowance === 'outage' ? `in flight, or within ${bars.recoverySeconds} s of its end` : 'in flight';
}
