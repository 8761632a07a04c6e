import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../constructs/synthesize';
import { waysBack } from '../review/report/lost-state';
import { type Report, reportDigest } from '../review/report/report';
import { isRetired, type Topology } from '../topology/topology';
import { applyUntilServed } from './apply-until-served';
import { atWork } from './at-work';
import { afterInterruption, type CommandContext, openEnvironment, selectedTopology } from './command';
import { readReport, sha256OfFile } from './plan-report';
import { requirePolicy } from './policy';
import { preflight } from './preflight/preflight';
import { requireLifted, requireUnprotected } from './protection';
import { destroyAll } from './rollout';
import { requireSchemaVersion } from './schema-version';
import { runCommand, UserError } from './setup/errors';
import { sweep, teardownLayers } from './teardown';
import { configurationFileOf, type TerraformStackRunner } from './terraform';
import { welcome } from './welcome';

/**
 * `make apply`: applies the plans that `make plan` saved, unchanged and in order. PLAN, the digest that the report shows, or its
 * beginning, makes sure that they are the approved ones.
 */
runCommand(async () => {
  const topology = selectedTopology();
  const report = readReport(topology.environment);
  requireApproved(report);
  if (report.destroy) requireUnprotected(topology, 'make plan DESTROY=1');
  requireApplicable(report);
  requireSameConfiguration(topology, report);
  requirePolicy(topology, report);
  const context = await openEnvironment({
    creates: !report.destroy,
    retiredStacks: retiredStacks(topology, report),
  });
  if (report.destroy) await requireLifted(context, 'make plan DESTROY=1');
  const runners = report.destroy ? teardownLayers(context.stacks).flat() : context.stacks;
  requireSamePlans(runners, report);
  const changing = new Set(report.stacks.filter(({ changes }) => changes).map(({ name }) => name));
  const changed = runners.filter(({ stack }) => changing.has(stack.name));
  await atWork(context, 'make apply', () => applyPlans(context, report, changed));
  if (!report.destroy) console.log(welcome(context.topology));
}, afterInterruption());

async function applyPlans(
  context: CommandContext,
  { destroy }: Report,
  changed: readonly TerraformStackRunner[],
): Promise<void> {
  for (const runner of changed) await runner.init();
  if (destroy) {
    await destroyAll(context, changed);
    await sweep(context);
    return;
  }
  await preflight(context, 'make apply');
  await requireSchemaVersion(context);
  await applyUntilServed(context, changed);
}

/** The stacks of the plan that the configuration no longer has. */
function retiredStacks(topology: Topology, { stacks }: Report): string[] {
  return stacks.map(({ name }) => name).filter((name) => isRetired(topology, name));
}

function again(environment: string): string {
  return `Make and review a new plan: make plan ENVIRONMENT=${environment}`;
}

function requireApproved(report: Report): void {
  const { digest, environment, destroy, liftsProtection, dangers } = report;
  if (reportDigest(report) !== digest) {
    throw new UserError(
      `the report of ${environment}, plan.json, is not as "make plan" wrote it. Nothing was applied. ${again(environment)}`,
    );
  }
  // Given and empty, it comes from a pipeline that has lost it.
  const approved = process.env.PLAN;
  const gone = dangers.filter(({ action }) => action === 'create').map(({ name }) => name);
  if ((destroy || liftsProtection || gone.length > 0) && approved === undefined) {
    const effect = destroy
      ? `destroys ${environment} with all its data`
      : liftsProtection
        ? `lifts the protection of ${environment}`
        : `puts an empty volume in the place of what is lost (${gone.join(', ')})`;
    throw new UserError(
      `the saved plan ${effect}. To say that you mean it: make apply ENVIRONMENT=${environment} PLAN=${digest.slice(0, 12)}`,
    );
  }
  if (approved === undefined && report.protected) {
    throw new UserError(
      `${environment} is protected: only a plan that was approved is applied. To say which: make apply ENVIRONMENT=${environment} PLAN=${digest.slice(0, 12)}`,
    );
  }
  if (approved === undefined || (approved.length >= 12 && digest.startsWith(approved))) return;
  const found = approved.length < 12 ? 'PLAN needs at least 12 digits' : `the approved plan is ${approved}`;
  throw new UserError(`${found}, the saved one is ${digest.slice(0, 12)}. ${again(environment)}`);
}

function requireApplicable({ refusals, lost = [], environment }: Report): void {
  if (lost.length > 0) {
    const found = lost.map(({ stack, resources }) => `  ${stack}: ${resources.join(', ')}`);
    throw new UserError(
      [
        `the plan of ${environment} was made when Terraform's state did not know what runs. Nothing was applied.`,
        ...found,
        waysBack(environment),
      ].join('\n'),
    );
  }
  const [refusal] = refusals;
  if (refusal) throw new UserError(`the plan of ${environment} was refused: ${refusal.message}. Nothing was applied.`);
}

/** What the configuration says today must be what was planned, or something else is applied than the files show. */
function requireSameConfiguration(topology: Topology, report: Report): void {
  const { stacks, environment } = report;
  const directory = mkdtempSync(join(tmpdir(), 'wso2-configuration-'));
  try {
    const retired = retiredStacks(topology, report);
    synthesize([topology], directory, retired);
    const today = [...topology.stacks.map(({ name }) => name), ...retired].map((name) => ({
      name,
      sha256: sha256OfFile(configurationFileOf(directory, name)),
    }));
    const planned = new Map(stacks.map(({ name, configurationSha256 }) => [name, configurationSha256]));
    const changed = today.filter(({ name, sha256 }) => planned.get(name) !== sha256).map(({ name }) => name);
    const missing = stacks.map(({ name }) => name).filter((name) => !today.some((stack) => stack.name === name));
    if (changed.length + missing.length === 0) return;
    throw new UserError(
      `the configuration has changed since the plan was made (${[...changed, ...missing].join(', ')}). Nothing was applied. ${again(environment)}`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function requireSamePlans(runners: readonly TerraformStackRunner[], report: Report): void {
  const { environment, stacks } = report;
  const missing = runners.filter(({ hasPlan }) => !hasPlan).map(({ stack }) => stack.name);
  if (missing.length > 0)
    throw new UserError(`there is no saved plan for ${missing.join(', ')}. ${again(environment)}`);
  const saved = runners.map(({ stack, planFile }) => ({ name: stack.name, sha256: sha256OfFile(planFile) }));
  const other = saved.filter(({ name, sha256 }) => stacks.find((stack) => stack.name === name)?.sha256 !== sha256);
  if (other.length > 0) {
    const names = other.map(({ name }) => name).join(', ');
    throw new UserError(
      `the saved plan of ${names} is not the one that the report shows. Nothing was applied. ${again(environment)}`,
    );
  }
}
