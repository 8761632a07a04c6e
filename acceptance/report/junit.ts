import type { Result } from '../run';
import type { Subject } from './words';

/** JUnit XML, which pipelines show. An unclear check is an error, a broken promise a failure. */
export function junit({ environment, startedAt, seconds }: Subject, results: readonly Result[]): string {
  const count = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
  const counts = `tests="${results.length}" failures="${count('broken')}" errors="${count('unclear')}" skipped="${count('skipped')}"`;
  const time = `time="${seconds.toFixed(3)}" timestamp="${startedAt.replace(/\.\d+Z$|Z$/, '')}"`;
  const cases = results.map((result) => testCase(environment, result));
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts}>
<testsuite name="acceptance of ${escaped(environment)}" ${counts} ${time}>
${cases.join('\n')}
</testsuite>
</testsuites>
`;
}

const ELEMENTS = { broken: 'failure', unclear: 'error', skipped: 'skipped' } as const;

function testCase(environment: string, { id, promise, outcome, detail = '', look, seconds }: Result): string {
  const name = `name="${escaped(`${id} ${promise}`)}"`;
  const open = `<testcase classname="acceptance.${escaped(environment)}" ${name} time="${seconds.toFixed(3)}"`;
  if (outcome === 'held') return `${open}/>`;
  const element = ELEMENTS[outcome];
  const text = look === undefined ? '' : escaped(`Look at ${look}`);
  return `${open}><${element} message="${escaped(detail)}">${text}</${element}></testcase>`;
}

/** Also without the characters that XML cannot have at all. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '?')
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
