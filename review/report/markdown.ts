import { UNKNOWN } from '../plan/differences';
import type { Action } from '../plan/resource-change';
import type { Finding } from '../policy/policy';
import type { Violation } from '../policy/rule';
import type { ReportedChange } from './changes';
import type { Drift } from './drift';
import type { FileDiff } from './file-diffs';
import { foreseenText } from './foreseen';
import { waysBack } from './lost-state';
import { type Block, type Section, shortened } from './markdown-section';
import { cell, code, fence, plural } from './markdown-text';
import type { Report } from './report';

/** A comment on GitHub may have this many characters; bytes are counted here, which are never fewer. */
export const COMMENT_LIMIT = 65_536;

const ACTIONS: Readonly<Record<Action, string>> = {
  create: 'add',
  update: 'change',
  replace: 'replace',
  destroy: '**destroy**',
  forget: 'forget',
};

/** Finds the comment of an environment again, so that it is updated and not repeated. */
export function commentMarker(environment: string): string {
  return `<!-- wso2-is-active-active plan ${environment} -->`;
}

/**
 * The report as Markdown for a pull request: first what decides, last what only explains. Where it is longer than `limit` bytes
 * it is cut from the end, and says where the rest is.
 */
export function renderMarkdown(report: Report, limit = COMMENT_LIMIT): string {
  const head = [
    commentMarker(report.environment),
    `## Plan ${report.destroy ? 'to destroy' : 'of'} \`${report.environment}\`: ${summary(report)}`,
    facts(report),
    ...protection(report),
    ...danger(report),
    `**Availability:** ${report.availability.text}.`,
    ...(report.endings ?? []).map((text) => `**Ends:** ${text}.`),
    ...localFiles(report),
    ...foreseen(report),
  ];
  const foot = [applying(report)];
  const size = (parts: readonly string[]) => Buffer.byteLength(parts.join('\n\n'), 'utf8') + 2;

  let left = limit - size([...head, ...foot]);
  const fitted = (section: Section | undefined): string[] => {
    const text = section && shortened(section, left - 2);
    if (text === undefined) return [];
    left -= Buffer.byteLength(text, 'utf8') + 2;
    return [text];
  };
  // The order in which the room is given away is the order on the page, but for the picture: it only shows what is written elsewhere.
  const [table = [], ...others] = [changes(report), policy(report), drift(report), values(report), files(report)].map(
    fitted,
  );
  const drawn = picture(report);
  const shown = drawn === undefined || left < size([drawn]) ? [] : [drawn];
  left -= shown.length > 0 ? size(shown) : 0;
  return `${[...head, ...shown, ...table, ...others.flat(), ...foot, ...fitted(fullText(report))].join('\n\n')}\n`;
}

/** The counts in words: a replacement is a replacement, and says what is replaced. */
export function summary({ counts, refusals, lost = [] }: Report): string {
  const { replace, replacedServers: servers, replacedJobs: jobs, newPods = 0 } = counts;
  const others = replace - servers - jobs;
  const kinds = [
    servers > 0 ? plural(servers, 'server') : '',
    jobs > 0 ? `${plural(jobs, 'job')} that ${jobs === 1 ? 'runs' : 'run'} again` : '',
    others > 0 ? plural(others, 'other resource') : '',
  ].filter((kind) => kind !== '');
  const parts = [
    counts.create > 0 ? `${counts.create} to add` : '',
    counts.update > 0
      ? `${counts.update} to change${newPods > 0 ? ` (${plural(newPods, 'server')} with new pods)` : ''}`
      : '',
    replace > 0 ? `${replace} to replace (${kinds.join(', ')})` : '',
    counts.destroy > 0 ? `${counts.destroy} to destroy` : '',
    counts.forget > 0 ? `${counts.forget} to forget` : '',
  ].filter((part) => part !== '');
  const text = parts.length === 0 ? 'nothing to change' : parts.join(', ');
  return refusals.length + lost.length === 0 ? text : `refused; ${text}`;
}

function facts(report: Report): string {
  const changing = new Set(report.changes.map(({ stack }) => stack)).size;
  return [
    `${changing} of ${report.stacks.length} stacks change`,
    ...(report.protected ? ['protected environment'] : []),
    ...(report.revision === undefined ? [] : [`commit ${code(report.revision)}`]),
    `plan ${code(report.digest.slice(0, 12))}`,
  ].join(' · ');
}

/** One line: on a fresh runner these files are always new, and nobody needs to think about it. */
function localFiles({ localFiles: found }: Report): string[] {
  if (found === undefined) return [];
  const again = found.action === 'written' ? 'written' : 'removed';
  return [
    `Files on the machine that runs Terraform are ${again}: ${found.files.map(code).join(', ')}. They are not part of the deployment, and not counted.`,
  ];
}

function foreseen({ foreseen: found = [], platform }: Report): string[] {
  if (found.length === 0) return [];
  const lines = found.map((each) => `> - ${cell(foreseenText(each))}`);
  return [
    [
      '> [!WARNING]',
      `> **${platform === 'kubernetes' ? 'In the cluster' : 'On the Docker host'}, before the apply**`,
      ...lines,
    ].join('\n'),
  ];
}

/** More lines than this, as with a first creation, are folded. */
const UNFOLDED_PICTURE = 40;

/** It is shown whole or not at all: half a picture is none. */
function picture({ picture: mermaid }: Report): string | undefined {
  if (mermaid === undefined) return undefined;
  const block = `\`\`\`mermaid\n${mermaid}\`\`\``;
  return mermaid.split('\n').length > UNFOLDED_PICTURE
    ? `<details><summary>Picture of what changes</summary>\n\n${block}\n\n</details>`
    : block;
}

function protection({ liftsProtection, environment }: Report): string[] {
  if (!liftsProtection) return [];
  return [
    `> [!CAUTION]\n> **The protection is lifted**\n> - ${code(environment)} is protected as it runs. Once this is applied, ${code('make down')} and later plans can destroy its data. Where that is not meant, set ${code('protected = true')} again.`,
  ];
}

function danger({ dangers, refusals, otherSchemas, lost = [], environment }: Report): string[] {
  if (dangers.length + refusals.length + otherSchemas.length + lost.length === 0) return [];
  const lines = dangers.flatMap(({ action, path, address, reason, forcedBy, consequence }) => [
    `- **${action}** ${code(path ?? address)}${path === undefined ? '' : ` (${code(address)})`}: ${consequence}.`,
    ...(reason === '' ? [] : [`  Why: ${forcedBy.length > 0 ? forcedBy.map(code).join('; ') : reason}`]),
  ]);
  const refused = refusals.map(({ stack, message }) => `- ${code(stack)} is refused: ${message}`);
  const unknown = lost.map(
    ({ stack, resources }) =>
      `- The state of ${code(stack)} does not know what is there: ${resources.map(code).join(', ')}.`,
  );
  if (lost.length > 0)
    unknown.push(`- Applying this would remove what serves, so it is refused. ${waysBack(environment)}.`);
  const schemas = otherSchemas.map(
    ({ where, version, wanted }) =>
      `- ${code(where)} has the schema of ${code(version)}, the servers are of ${code(wanted)}. To upgrade: ${code(`make upgrade ENVIRONMENT=${environment}`)}`,
  );
  const title =
    dangers.length === 0
      ? 'Not possible'
      : dangers.every(({ action }) => action === 'create')
        ? 'What held data is gone'
        : 'What holds data, or what the data needs, is destroyed';
  return [
    [
      `> [!CAUTION]`,
      `> **${title}**`,
      ...[...lines, ...schemas, ...refused, ...unknown].map((line) => `> ${line}`),
    ].join('\n'),
  ];
}

function changes({ changes: all }: Report): Section | undefined {
  if (all.length === 0) return undefined;
  const rows = all.map((change) => {
    const { path, address, reason } = change;
    return `| ${ACTIONS[change.action]}${runsAgain(change)} | ${code(path ?? change.stack)} | ${code(address)} | ${cell(reason)} |`;
  });
  return {
    open: '### What changes\n',
    close: '',
    blocks: [
      { open: '| | construct | Terraform address | because of |\n| --- | --- | --- | --- |', lines: rows, close: '' },
    ],
    rest: 'The whole table is in plan.json.',
  };
}

function runsAgain({ job, action, newPods }: ReportedChange): string {
  if (newPods) return ': new pods';
  return job ? (action === 'replace' ? ': job runs again' : ': job') : '';
}

function policy({ findings, suppressed }: Report): Section | undefined {
  if (findings.length === 0 && suppressed.length === 0) return undefined;
  const broken = findings.flatMap(({ rule, reason, fix, violations }: Finding) => [
    `- **${rule}**: ${cell(reason)}. To fix it: ${cell(fix)}.`,
    ...violations.map((violation) => `  - ${violationText(violation)}`),
  ]);
  const accepted = suppressed.flatMap(({ rule, acceptedBecause, violations }) => [
    `- ${rule} is accepted (${plural(violations.length, 'place')}): ${cell(acceptedBecause)}`,
  ]);
  return {
    open: `### Policy: ${findings.length === 0 ? 'passed' : `${findings.length} ${findings.length === 1 ? 'rule is' : 'rules are'} broken`}\n`,
    close: '',
    blocks: [{ open: '', lines: [...broken, ...accepted], close: '' }],
    rest: 'The whole list is in plan.json.',
  };
}

function violationText({ stack, location, message }: Violation): string {
  return `${code(location)}${stack === undefined || stack === location ? '' : ` in ${code(stack)}`} ${cell(message)}`;
}

function drift({ drift: all, platform }: Report): Section | undefined {
  if (all.length === 0) return undefined;
  const line = ({ path, address, found }: Drift) => `- ${code(path ?? address)}: ${code(found)}`;
  return {
    open: `### Changed outside Terraform\n\nFound ${platform === 'kubernetes' ? 'in the cluster' : 'on the engine'}, different from what was applied last:\n`,
    close: '',
    blocks: [{ open: '', lines: all.map(line), close: '' }],
    rest: 'The whole list is in plan.json.',
  };
}

function values({ changes: all }: Report): Section | undefined {
  const rows = all.flatMap(({ path, address, attributes, variables }) => [
    // What Terraform does not know yet helps nobody here; the table above names the attribute.
    ...attributes
      .filter(({ after }) => after !== UNKNOWN)
      .map(({ attribute, before, after }) => [path ?? address, attribute, before, after]),
    ...variables.map(({ variable, before = '(not set)', after = '(not set)' }) => [
      path ?? address,
      `env ${variable}`,
      before,
      after,
    ]),
  ]);
  if (rows.length === 0) return undefined;
  return {
    open: '### Values\n',
    close: '',
    blocks: [
      {
        open: '| construct | attribute | before | after |\n| --- | --- | --- | --- |',
        lines: rows.map((row) => `| ${row.map(code).join(' | ')} |`),
        close: '',
      },
    ],
    rest: 'The whole table is in plan.json.',
  };
}

/** Generated files change in few lines; where they change in many the diffs are folded. */
const UNFOLDED_LINES = 80;

function files({ files: all }: Report): Section | undefined {
  if (all.length === 0) return undefined;
  const length = all.reduce((sum, { diff }) => sum + diff.split('\n').length, 0);
  const folded = length > UNFOLDED_LINES;
  const title = `Generated files (${all.length})`;
  return {
    open: folded ? `<details><summary>${title}</summary>\n` : `### ${title}\n`,
    close: folded ? '\n</details>' : '',
    blocks: all.map(fileBlock),
    rest: 'All of it is in plan.json.',
  };
}

function fileBlock({ file, containers, diff }: FileDiff): Block {
  const marks = fence(diff);
  return {
    open: `${code(file)} of ${containers.map(code).join(', ')}\n\n${marks}diff`,
    lines: diff.split('\n'),
    close: `${marks}\n`,
  };
}

function applying({
  environment,
  digest,
  stacks,
  changes: all,
  localFiles: files,
  refusals,
  lost,
  destroy,
}: Report): string {
  if (lost !== undefined) return `There is nothing to apply. ${waysBack(environment)}.`;
  if (refusals.length > 0) return 'There is nothing to apply: this plan is refused.';
  if (all.length === 0 && files === undefined) return 'There is nothing to apply.';
  const names = stacks.filter(({ changes }) => changes).map(({ name }) => code(name));
  return [
    '### Apply',
    '',
    `In this order: ${names.join(', ')}.${destroy ? ' **What is listed above is gone afterwards.**' : ''} Exactly this plan, and nothing else, is applied by`,
    '',
    '```sh',
    `make apply ENVIRONMENT=${environment} PLAN=${digest}`,
    '```',
  ].join('\n');
}

function fullText({ texts, environment }: Report): Section | undefined {
  if (texts.length === 0) return undefined;
  return {
    open: '<details><summary>What Terraform says</summary>\n',
    close: '\n</details>',
    blocks: texts.map(({ stack, text }) => {
      const marks = fence(text);
      return { open: `${code(stack)}\n\n${marks}text`, lines: text.trim().split('\n'), close: `${marks}\n` };
    }),
    rest: `The whole text is in build/plan/${environment}/, one file a stack.`,
  };
}
