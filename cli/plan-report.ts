import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasChanges, type PlannedStack, type StackConfiguration } from '../review/plan/planned-stack';
import { renderMarkdown } from '../review/report/markdown';
import { buildReport, type Report, type ReportInput } from '../review/report/report';
import type { FoundSchema } from '../topology/schema-version';
import type { CommandContext } from './command';
import { planAll } from './planning';
import type { Finding } from './preflight/checks';
import { foreseen } from './preflight/preflight';
import { schemasForReport } from './schema-version';
import { UserError } from './setup/errors';
import { run } from './setup/process';
import { teardownLayers } from './teardown';
import type { TerraformStackRunner } from './terraform';
import { lostStacks, namesOf } from './unknown-to-state';

/** Folder of an environment's plan report: `plan.md`, `plan.json` and for every changed stack what Terraform says. */
export function reportDirectory(environment: string): string {
  return join('build', 'plan', environment);
}

/**
 * Saves a plan for every stack, and writes the report of them.
 *
 * @param destroy plans to destroy the environment. @default false
 * @returns also the stacks that change, in order
 */
export async function planAndReport(
  context: CommandContext,
  destroy = false,
): Promise<{ report: Report; changed: readonly TerraformStackRunner[] }> {
  const { topology } = context;
  const runners = destroy ? teardownLayers(context.stacks).flat() : context.stacks;
  const commit = revision();
  const planned = new Map<TerraformStackRunner, PlannedStack>();
  let [found, schemas]: [Finding[], FoundSchema[]] = [[], []];
  const changed = await planAll(context, {
    destroy,
    read: async (runner) => {
      planned.set(runner, await plannedStack(runner));
    },
    meanwhile: async () => {
      if (!destroy) [found, schemas] = await Promise.all([foreseen(context), schemasForReport(context)]);
    },
  });
  const lost = destroy ? [] : await lostStacks(context, changed);
  const stacks = runners.flatMap((runner) => {
    const stack = planned.get(runner);
    const unknown = lost.find((candidate) => candidate.runner === runner);
    return stack ? [{ ...stack, ...(unknown && { unknown: namesOf(unknown) }) }] : [];
  });
  const report = writeReport({ topology, stacks, revision: await commit, destroy, schemas, foreseen: found });
  return { report, changed };
}

/** Builds the report of saved plans, and writes it where reviewers and `make apply` look for it. */
export function writeReport(input: ReportInput): Report {
  const report = buildReport(input);
  const directory = reportDirectory(input.topology.environment);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write('plan.md', renderMarkdown(report));
  write('plan.json', `${JSON.stringify(report, null, 2)}\n`);
  for (const { stack, text } of report.texts) write(`${stack}.txt`, text);
  return report;
}

/** The report of the last `make plan`. @throws UserError when there is none for this environment */
export function readReport(environment: string): Report {
  const file = join(reportDirectory(environment), 'plan.json');
  if (!existsSync(file)) {
    throw new UserError(
      `there is no plan of ${environment}. Make and review one first: make plan ENVIRONMENT=${environment}`,
    );
  }
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  if (report.environment !== environment) {
    throw new UserError(
      `${file} is the plan of ${report.environment}, not of ${environment}. Make and review one: make plan ENVIRONMENT=${environment}`,
    );
  }
  return report;
}

/** SHA-256 of a file, hexadecimal. */
export function sha256OfFile(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** What a saved plan says. */
export async function plannedStack(runner: TerraformStackRunner): Promise<PlannedStack> {
  const plan = await runner.planJson();
  return {
    name: runner.stack.name,
    plan,
    configuration: JSON.parse(readFileSync(runner.configurationFile, 'utf8')) as StackConfiguration,
    text: hasChanges(plan) ? await runner.planText() : '',
    sha256: sha256OfFile(runner.planFile),
    configurationSha256: sha256OfFile(runner.configurationFile),
    refusal: runner.refusal,
    requested: runner.requested,
    changedFiles: runner.changedFiles,
  };
}

/** Commit of the configuration, and whether it was changed since; undefined outside a repository. */
export async function revision(): Promise<string | undefined> {
  try {
    const git = async (...args: string[]) => (await run('git', args)).stdout.trim();
    const [commit, changes] = await Promise.all([
      git('rev-parse', '--short', 'HEAD'),
      git('status', '--porcelain', '--untracked-files=no'),
    ]);
    return changes === '' ? commit : `${commit} and changes that are not committed`;
  } catch {
    return undefined;
  }
}
