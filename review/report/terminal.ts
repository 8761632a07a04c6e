import type { Action } from '../plan/resource-change';
import { foreseenText } from './foreseen';
import { waysBack } from './lost-state';
import { summary } from './markdown';
import type { Report } from './report';

const COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36, bold: 1 } as const;
type Colour = keyof typeof COLOURS;

const SIGNS: Readonly<Record<Action, { sign: string; colour: Colour }>> = {
  create: { sign: '+', colour: 'green' },
  update: { sign: '~', colour: 'yellow' },
  replace: { sign: '-/+', colour: 'yellow' },
  destroy: { sign: '-', colour: 'red' },
  forget: { sign: '.', colour: 'yellow' },
};

/** The report for a terminal: what decides, without the texts. @param coloured with ANSI escapes */
export function renderTerminal(report: Report, coloured: boolean): string {
  const paint = (colour: Colour, text: string) => (coloured ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text);
  const {
    environment,
    destroy,
    changes,
    dangers,
    refusals,
    lost = [],
    foreseen = [],
    drift,
    files,
    findings,
    suppressed,
    availability,
  } = report;
  const unchanged = changes.length === 0 && refusals.length === 0;
  const lines = [
    paint(
      'bold',
      unchanged ? 'Nothing to change.' : `${environment}: ${destroy ? 'to be destroyed: ' : ''}${summary(report)}`,
    ),
  ];
  if (report.localFiles) {
    const again = report.localFiles.action === 'written' ? 'writes' : 'removes';
    lines.push(`Files on this machine that the apply ${again}: ${report.localFiles.files.join(', ')}`);
  }
  if (report.liftsProtection) {
    lines.push(
      paint(
        'red',
        `THE PROTECTION IS LIFTED  once this is applied, "make down" and later plans can destroy ${environment}`,
      ),
    );
  }
  for (const { action, path, address, reason, forcedBy, consequence } of dangers) {
    lines.push(paint('red', `DANGER  ${action} ${path ?? address}: ${consequence}`));
    if (reason !== '') lines.push(paint('red', `        why: ${forcedBy.length > 0 ? forcedBy.join('; ') : reason}`));
  }
  for (const { where, version, wanted } of report.otherSchemas) {
    lines.push(
      paint('red', `DANGER  ${where} has the schema of ${version}, the servers are of ${wanted}: make upgrade`),
    );
  }
  for (const { stack, message } of refusals) lines.push(paint('red', `REFUSED ${stack}: ${message}`));
  for (const { stack, resources } of lost) {
    lines.push(paint('red', `REFUSED ${stack}: its state does not know what is there: ${resources.join(', ')}`));
  }
  if (lost.length > 0) lines.push(paint('red', `        ${waysBack(environment)}`));
  for (const text of report.endings ?? []) lines.push(paint('red', `ENDS    ${text}`));
  for (const found of foreseen) {
    const word = found.severity === 'note' ? 'Note' : 'WARNING';
    lines.push(paint(found.severity === 'error' ? 'red' : 'yellow', `${word}  ${foreseenText(found)}`));
  }
  if (changes.length > 0) {
    const colour = { unaffected: 'green', rolling: 'green', interruption: 'red', end: 'red' } as const;
    lines.push(`Availability: ${paint(colour[availability.level], availability.text)}`);
  }
  for (const { name: stack } of report.stacks) {
    const own = changes.filter((change) => change.stack === stack);
    if (own.length > 0) lines.push('', paint('bold', stack));
    for (const { action, address, job, newPods, reason } of own) {
      const { sign, colour } = SIGNS[action];
      const note = job && action === 'replace' ? ' (job runs again)' : newPods ? ' (new pods)' : '';
      lines.push(
        `  ${paint(job ? 'cyan' : colour, sign.padStart(3))} ${address}${note}${reason === '' ? '' : `  ${reason}`}`,
      );
    }
  }
  for (const { file, containers, diff } of files) {
    lines.push('', `${paint('bold', file)} of ${containers.join(', ')}`);
    for (const line of diff.split('\n')) {
      const colour = line.startsWith('+')
        ? 'green'
        : line.startsWith('-')
          ? 'red'
          : line.startsWith('@')
            ? 'cyan'
            : undefined;
      lines.push(`  ${colour ? paint(colour, line) : line}`);
    }
  }
  if (drift.length > 0) lines.push('', paint('bold', 'Changed outside Terraform'));
  for (const { path, address, found } of drift) lines.push(`  ${paint('yellow', '!')} ${path ?? address}: ${found}`);
  if (findings.length + suppressed.length > 0) lines.push('', paint('bold', 'Policy'));
  for (const { rule, reason, fix, violations } of findings) {
    lines.push(`  ${paint('red', 'x')} ${rule}: ${reason}`);
    for (const { location, stack, message } of violations) {
      lines.push(`      ${location}${stack === undefined || stack === location ? '' : ` in ${stack}`} ${message}`);
    }
    lines.push(`      to fix it: ${fix}`);
  }
  for (const { rule, acceptedBecause } of suppressed) lines.push(`  - ${rule} is accepted: ${acceptedBecause}`);
  return withoutCommands(lines.join('\n'));
}

/** A terminal may be the log of a workflow, in which GitHub takes some lines for commands. */
function withoutCommands(text: string): string {
  return text.replace(/^(\s*)::/gm, '$1: :').replaceAll('##[', '# #[');
}
