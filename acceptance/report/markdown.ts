import type { Result } from '../run';
import { OUTCOMES, type Subject, summary, verdict } from './words';

const TITLES = { broken: 'Broken', unclear: 'Unclear', skipped: 'Not checked here', held: 'Held' } as const;

/** The report for people. */
export function markdown(subject: Subject, results: readonly Result[]): string {
  const { environment, origin, distribution, nodes, run, startedAt, seconds } = subject;
  const sections = OUTCOMES.flatMap((outcome) => {
    const found = results.filter((result) => result.outcome === outcome);
    return found.length === 0 ? [] : [`## ${TITLES[outcome]}`, '', ...found.flatMap(item), ''];
  });
  return [
    `# Acceptance of ${environment}`,
    '',
    `**${verdict(results)}** ${summary(results)}.`,
    '',
    `${origin}, ${distribution}, ${nodes.join(' and ')}. Run ${run}, ${startedAt}, ${Math.round(seconds)} s.`,
    'A skipped promise is not a promise that holds: its reason is beside it.',
    '',
    ...sections,
  ].join('\n');
}

function item({ id, promise, outcome, detail, look, notes, seconds }: Result): string[] {
  return [
    `- **${id}** ${promise}${seconds >= 0.05 ? ` (${seconds.toFixed(1)} s)` : ''}`,
    ...(detail === undefined ? [] : [`  - ${outcome === 'broken' ? 'seen' : 'because'}: ${detail}`]),
    ...(look === undefined ? [] : [`  - look at ${look}`]),
    ...notes.map((note) => `  - ${note}`),
  ];
}
