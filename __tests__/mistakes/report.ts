import { seconds } from '../chaos/fault';
import { mayFail } from '../chaos/report';
import type { Result } from '../chaos/results';
import type { Mistake } from './mistake';

/** Fewer than faults have: people are slow, and commands need the processors, too. */
export const CLIENTS = 6;

/** The suite as a Markdown page. @param results of the mistakes that were made */
export function report(mistakes: readonly Mistake[], results: readonly Result[]): string {
  const rows = mistakes.flatMap((mistake) => {
    const result = results.find(({ fault }) => fault.name === mistake.name);
    return result === undefined ? [] : [{ mistake, result }];
  });
  const absent = mistakes.map(({ name }) => name).filter((name) => !rows.some(({ mistake }) => mistake.name === name));
  const total = rows.reduce((sum, { result }) => sum + (result.outcome?.sent ?? 0), 0);
  const missed = rows.filter(({ result: { outcome } }) => outcome === undefined || outcome.missed.length > 0);
  const verdict =
    rows.length === 0
      ? ''
      : missed.length === 0
        ? 'Every bar was met.'
        : `Missed by: ${missed.map(({ mistake }) => mistake.name).join('; ')}.`;
  return `# Mistakes and what they cost

Written by \`make mistakes\` from mistakes.json; do not edit. Each row is of the day that it names: \`MISTAKES="part of a name"\` makes some again and leaves the other rows.
${absent.length === 0 ? '' : `**Not made on an engine yet: ${absent.join('; ')}.** `}${results.length === 0 ? 'Whatever it is made on' : `On ${[...new Set(results.map(({ machine }) => machine))].join('; or on ')}`}; the pair and the load share this machine, and other tests may have. The nodes are the sandbox's.

Every mistake is made with a healthy pair under load: ${CLIENTS} clients that never retry, GETs and POSTs mixed. What may fail is set before, and
so are the words that the commands must say. Afterwards \`make status\` must say that everything is healthy, and the next plan must be
empty. No acknowledged write may be lost, and none may reach the application twice. How long an answer takes is not judged here: that is for
[the fault suite](faults.md). **${rows.length} mistakes, ${total} requests. ${verdict}**

| mistake | day | requests | failed | may fail | whole again after |
| --- | --- | ---: | ---: | --- | ---: |
${rows.map(({ mistake, result }) => row(mistake, result)).join('\n')}

*Whole again after*: from the mistake until \`make status\` was content, with all that was tried between.

${rows.map(({ mistake, result }) => section(mistake, result)).join('\n')}`;
}

function row({ name, bars }: Mistake, { date, outcome }: Result): string {
  const cells = [`[${name}](#${anchor(name)})`, date];
  if (outcome === undefined) return `| ${[...cells, '-', '-', mayFail(bars), 'not brought to its end'].join(' | ')} |`;
  const { sent, failed, tookMs } = outcome;
  const { get, replayable, write } = failed;
  return `| ${[...cells, sent, get + replayable + write, mayFail(bars), seconds(tookMs ?? 0)].join(' | ')} |`;
}

function section({ name, done, back }: Mistake, { outcome, failure }: Result): string {
  const missed = [...(failure === undefined ? [] : [failure]), ...(outcome?.missed ?? [])];
  const lines = [
    ...(outcome?.said ?? []),
    ...(outcome?.remarks ?? []),
    ...missed.map((problem) => `**MISSED: ${problem}**`),
  ];
  return `## ${name}

${capitalised(done)}. Brought back by: ${back}.

${lines.map((line) => `- ${line}`).join('\n')}
`;
}

/** As GitHub makes it of a heading. */
function anchor(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
