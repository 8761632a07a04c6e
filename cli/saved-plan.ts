import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../constructs/synthesize';
import { waysBack } from '../review/report/lost-state';
import { type Report, reportDigest } from '../review/report/report';
import { isRetired, type Topology } from '../topology/topology';
import { readReport, sha256OfFile } from './plan-report';
import { requirePolicy } from './policy';
import { requireUnprotected } from './protection';
import { UserError } from './setup/errors';
import { configurationFileOf, type TerraformStackRunner } from './terraform';

/**
 * The report of the plans that `make plan` saved.
 *
 * @param approved digest of the plan that was approved, or its beginning. Given and empty, it comes from a pipeline that has lost it
 * @throws UserError unless it may be applied: as it was written, approved, without a refusal, of today's configuration, keeping the policy
 */
export function applicableReport(topology: Topology, approved: string | undefined): Report {
  const report = readReport(topology.environment);
  requireApproved(report, approved);
  if (report.destroy) requireUnprotected(topology, 'make plan DESTROY=1');
  requireApplicable(report);
  requireSameConfiguration(topology, report);
  requirePolicy(topology, report);
  return report;
}

/** The stacks of the plan that the configuration no longer has. */
export function retiredStacksOf(topology: Topology, { stacks }: Report): string[] {
  return stacks.map(({ name }) => name).filter((name) => isRetired(topology, name));
}

function again(environment: string): string {
  return `Make and review a new plan: make plan ENVIRONMENT=${environment}`;
}

function requireApproved(report: Report, approved: string | undefined): void {
  const { digest, environment, destroy, liftsProtection, dangers } = report;
  if (reportDigest(report) !== digest) {
    throw new UserError(
      `the report of ${environment}, plan.json, is not as "make plan" wrote it. Nothing was applied. ${again(environment)}`,
    );
  }
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
    const retired = retiredStacksOf(topology, report);
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

/** @returns those of the stacks whose plan changes something. @throws UserError where a saved plan is not the one that the report shows */
export function reportedPlans(runners: readonly TerraformStackRunner[], report: Report): TerraformStackRunner[] {
  requireSamePlans(runners, report);
  const changing = new Set(report.stacks.filter(({ changes }) => changes).map(({ name }) => name));
  return runners.filter(({ stack }) => changing.has(stack.name));
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
