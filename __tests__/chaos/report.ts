import { cpus, totalmem } from 'node:os';
import { type Allowance, type Bars, type Outcome, ROTATION_SECONDS, SLOW_MS, seconds } from './fault';

/** The suite's figures as a Markdown page. */
export function report(outcomes: readonly Outcome[], failures: readonly string[], engineVersion: string): string {
  const total = outcomes.reduce((sum, { sent }) => sum + sent, 0);
  const verdict = failures.length === 0 ? 'Every bar was met.' : `Missed: ${failures.join('; ')}.`;
  return `# Faults and what they cost

Written by \`make chaos\`; do not edit. ${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB of memory,
Docker Engine ${engineVersion}; both nodes, database, load balancer and the load itself share this machine. The nodes are the sandbox's: the real WSO2 Carbon
kernel, not Identity Server, which starts more slowly.

Every fault is done to a healthy pair under load from loopback: ten clients that never retry, half of them with cookies, keep-alive
connections, GETs and POSTs mixed. Afterwards \`make status\` must say that everything is healthy, without help unless the second table
says otherwise. **${total} requests. ${verdict}**

| fault | requests | failed: GET | replayable POST | writing POST | worst latency | worst, not in flight | last effect after | in rotation after health | lost | twice |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${outcomes.map(row).join('\n')}

- *Replayable*: the load balancer may send it to the second node although the first may have processed it, because a repeat is
  harmless. *Writing*: it inserts a row, with an id, and is never sent twice.
- *Not in flight*: requests that were not under way in the fault's moment, or in the outage that the fault is.
- *Last effect*: from the fault until the last request that failed or took longer than ${SLOW_MS / 1000} s has ended.
- *Lost*: writes that were acknowledged and are not in the database. *Twice*: writes with two rows, or received twice by a node.

## What was done, and the bars

| fault | what is done | may fail | may be slow | seen |
| --- | --- | --- | --- | --- |
${outcomes.map(explanation).join('\n')}

"In flight" are the requests that were under way while the fault happened: until the node's processes were gone, or until the load
balancer had noticed that it is silent. For faults of one node, the load balancer's log must also name that node for every failed
request. Always: nothing acknowledged is lost, no write reaches the application twice, and a node is in the rotation within
${ROTATION_SECONDS} s of being able to work.
`;
}

function row(outcome: Outcome): string {
  const { fault, sent, failed, worstMs, worstOtherMs, recoveryMs, rotationMs, lost, twice } = outcome;
  return `| ${[
    fault.name,
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
  ].join(' | ')} |`;
}

function explanation({ fault, remarks, missed }: Outcome): string {
  const { bars } = fault;
  const seen = [...remarks, ...missed.map((problem) => `**MISSED: ${problem}**`)].join('; ');
  return `| ${fault.name} | ${fault.done} | ${mayFail(bars)} | ${word(bars.slow, bars)} | ${seen || 'as expected'} |`;
}

function mayFail(bars: Bars): string {
  const kinds = { GET: bars.get, 'replayable POST': bars.replayable, 'writing POST': bars.write };
  const allowed = Object.entries(kinds).filter(([, allowance]) => allowance !== 'none');
  if (allowed.length === 0) return 'nothing';
  const [[, first] = ['', 'none' as Allowance]] = allowed;
  if (allowed.length === 3) return `whatever is ${word(first, bars)}`;
  return allowed.map(([kind, allowance]) => `${kind} ${word(allowance, bars)}`).join(', ');
}

function word(allowance: Allowance, bars: Bars): string {
  if (allowance === 'none') return 'nothing';
  return allowance === 'outage' ? `in flight, or within ${bars.recoverySeconds} s of its end` : 'in flight';
}
