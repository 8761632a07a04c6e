import { AIMS, judged } from './aims';
import type { Measured, Result } from './measurements';
import { PLOT_FILE, pointsOf } from './plot';
import { type Summary, summary } from './statistics';

/** Processors busy with the work of others, above which a figure is not of a quiet machine. */
const QUIET = 0.3;

/** The figures as a Markdown page. */
export function report(results: readonly Result[]): string {
  const measured: Record<string, Measured | undefined> = Object.fromEntries(
    results.map(({ part, measured: values }) => [part, values]),
  );
  return `# Benchmarks

Written by \`make benchmark\` from benchmarks.json; do not edit. \`PARTS="data-path|synth"\` measures some parts again and leaves the others, \`RUNS=3\` takes fewer
rounds than five. In every round all that is compared takes its turn, each first in another round; a ratio is the median of the rounds' ratios, so that a slow
moment of the machine slows both sides of it. Figures are medians, with the least and the greatest.

${results.map(where).join('\n')}

## Aims

| what | ours | beside it | ratio or difference | aim | |
| --- | ---: | ---: | ---: | ---: | --- |
${AIMS.flatMap((aim) => judged(aim, measured[aim.part])).join('\n')}

The peers are in [\`__tests__/benchmarks/peers/\`](../__tests__/benchmarks/peers): a Compose file, one Terraform stack and an nginx.conf, written from the same values as
ours: the same images, scripts, passwords, keystores, schemas, health checks, limits and order of start. What they lack is what this project is for: layers and gates, by which
a change rolls without a failed request, readiness routing, reports, and the look at what is already there.
${measured.commands ? commandsSection(measured.commands) : ''}${measured.growth ? growthSection(measured.growth) : ''}${measured['data-path'] ? dataPathSection(measured['data-path']) : ''}${measured.synth ? synthSection(measured.synth) : ''}`;
}

function where({ part, date, machine, rounds, others }: Result): string {
  const quiet =
    others <= QUIET
      ? ''
      : ` **Not a quiet machine**: others kept ${others.toFixed(1)} processors busy before it began.`;
  return `- \`${part}\`: ${date}, ${rounds} rounds, ${machine}.${quiet}`;
}

function commandsSection(measured: Measured): string {
  const memory = Object.keys(measured).filter((key) => key.startsWith('memory '));
  return `
## Commands, two nodes

| seconds | make | Docker Compose ${''}| one Terraform stack |
| --- | ---: | ---: | ---: |
| from nothing until every server is healthy and a client is answered (\`make up\`; \`up\`; \`init\` and \`apply\`) | ${cells(measured, 'up', ['ours', 'compose', 'single'])} |
| plan where nothing has changed | ${cells(measured, 'plan', ['ours', 'compose', 'single'])} |
| destroy with all data (\`make down\`; \`down --volumes\`; \`destroy\`) | ${cells(measured, 'down', ['ours', 'compose', 'single'])} |

All images are there. Compose starts all nodes after the first beside each other, as \`make up\` does on the first start.

Memory before anybody has logged in, in MiB: ${memory.map((key) => `${key.slice('memory '.length)} ${shown(summary(measured[key] ?? []), 0)}`).join(', ')}.
`;
}

function growthSection(measured: Measured): string {
  const sizes = pointsOf(measured, 'up').map(({ nodes }) => nodes);
  const row = (key: string, title: string, digits: number) =>
    `| ${title} | ${sizes.map((size) => shown(summary(measured[`${key} ${size}`] ?? []), digits)).join(' | ')} |`;
  return `
## Growth

![What more nodes cost](${PLOT_FILE})

| nodes | ${sizes.join(' | ')} |
| --- |${sizes.map(() => ' ---: |').join('')}
${row('up', '`make up` from nothing, s', 1)}
${row('plan', '`make plan` without a change, s', 1)}
${row('down', '`make down`, s', 1)}
${row('memory', 'memory of all servers, MiB', 0)}

On the first start node 1 is alone, as it creates the administrator; the others come up side by side. As many start at a time as the engine has processors, and the
next one begins as soon as the load balancer sends one of them traffic.
`;
}

const MODES = {
  'keep-alive': '16 connections, kept open',
  close: '16 connections, one request each',
  full: 'one connection after the other, full handshake',
  resumed: 'one connection after the other, resumed handshake',
} as const;

function dataPathSection(measured: Measured): string {
  const pair = (key: string, digits: number) => cells(measured, key, ['ours', 'static'], digits);
  const single = (key: string, digits: number) => shown(summary(measured[key] ?? []), digits);
  return `
## The load balancer

Our nginx.conf beside one with a static upstream and no script, log, affinity or limits, with the same Nginx, TLS, buffers and upstream connections. The nodes are two
Nginx that answer 1 KiB, as a node's own work would hide what is measured. All share the machine's processors, so requests a second say how much all of them use together;
the honest figure is the processor time of Nginx's own container.

| what | ours | static |
| --- | ---: | ---: |
${Object.entries(MODES)
  .map(([mode, words]) => `| processor time a request, µs: ${words} | ${pair(`cpu ${mode}`, 0)} |`)
  .join('\n')}
| requests a second: ${MODES['keep-alive']} | ${pair('requests keep-alive', 0)} |
| requests a second: ${MODES.close} | ${pair('requests close', 0)} |
| TLS handshake as the client sees it, ms: full | ${pair('handshake full', 2)} |
| TLS handshake as the client sees it, ms: resumed | ${pair('handshake resumed', 2)} |
| latency of one client, ms: median | ${pair('median', 3)} |
| latency of one client, ms: 99 of 100 | ${pair('p99', 3)} |

The same client at a node directly: median ${single('median node', 3)} ms, 99 of 100 ${single('p99 node', 3)} ms.

### What costs it

Ours without one thing each, in the same rounds; the difference is what that thing costs a request. They do not add up: what one leaves to do, another one does.

| without | processor time less, µs |
| --- | ---: |
${saved(measured).join('\n')}

The script costs a request next to nothing, as Nginx chooses by itself while all nodes are in rotation. What is left is the access log: Nginx writes whole lines
together into memory, 4 KiB at most and a tenth of a second late at most, and the entry point hands them on to the engine. A worker that is killed takes that much of the log
with it. The engine uses processor time of its own for each line of its log file, which is not in the figures above: on a machine whose processors are all busy, that takes
requests a second away.
`;
}

/** Differences to ours, round by round, the greatest first. */
function saved(measured: Measured): string[] {
  const prefix = 'cpu keep-alive ';
  const ours = measured[`${prefix}ours`] ?? [];
  return Object.entries(measured)
    .filter(([key]) => key.startsWith(prefix) && !key.endsWith(' ours') && !key.endsWith(' static'))
    .map(([key, values]) => ({
      name: key.slice(prefix.length).replaceAll('-', ' '),
      less: summary(values.map((value, round) => (ours[round] ?? Number.NaN) - value)),
    }))
    .sort((one, other) => other.less.median - one.less.median)
    .map(({ name, less }) => `| ${name} | ${shown(less, 1)} |`);
}

function synthSection(measured: Measured): string {
  return `
## Synthesis

Processor time of \`main.ts\` for the sandbox: ${shown(summary(measured.ours ?? []), 2)} s; of an empty program with the same providers:
${shown(summary(measured.empty ?? []), 2)} s by tsx, and ${shown(summary(measured['empty same way'] ?? []), 2)} s by \`typescript.cjs\`, which runs ours: it keeps what it has
compiled and needs no loader for ES modules. Of the difference to the last about half is the loading of some hundred small files and of zod; the other half reads the
configuration, derives the topology and writes four stacks with their scripts.
`;
}

function cells(measured: Measured, key: string, names: readonly string[], digits = 1): string {
  return names
    .map((name) => measured[`${key} ${name}`])
    .map((values) => (values === undefined ? '–' : shown(summary(values), digits)))
    .join(' | ');
}

function shown({ median, least, greatest }: Summary, digits: number): string {
  return `${median.toFixed(digits)} (${least.toFixed(digits)} to ${greatest.toFixed(digits)})`;
}
