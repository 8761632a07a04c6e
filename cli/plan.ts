import { join } from 'node:path';
import type { Report } from '../review/report/report';
import { renderTerminal } from '../review/report/terminal';
import type { Topology } from '../topology/topology';
import { requireNobodyAtWork } from './at-work';
import { EVERY_PLATFORM, openEnvironment, runOnEnvironment } from './command';
import { onKubernetes } from './on-kubernetes';
import { planAndReport, reportDirectory } from './plan-report';
import { requireLifted } from './protection';

const destroy = process.env.DESTROY === '1';

/**
 * `make plan`: saves a plan for every stack, writes the report of them, and shows it in short; with DESTROY=1, plans that destroy
 * the environment. Changes nothing on the engine. Exit code 1 where Terraform refused a plan or the state was lost, and with CHECK=1 also where a rule of the policy is broken.
 */
runOnEnvironment({ creates: !destroy, on: EVERY_PLATFORM }, async (topology) => {
  const { environment, platform } = topology;
  const report = await (platform.kind === 'kubernetes'
    ? onKubernetes().reportOnCluster(topology, destroy)
    : reportOnEngine(topology, destroy));
  const coloured = process.stdout.isTTY === true && !process.env.NO_COLOR;
  console.log(renderTerminal(report, coloured));
  console.log(`\nReport: ${join(reportDirectory(environment), 'plan.md')}`);
  const refused = report.refusals.length > 0 || report.lost !== undefined;
  if (!refused && report.changes.length > 0) {
    console.log(`To apply exactly this: make apply ENVIRONMENT=${environment} PLAN=${report.digest.slice(0, 12)}`);
  }
  const broken = process.env.CHECK === '1' && report.findings.length > 0;
  if (refused || broken) process.exitCode = 1;
});

async function reportOnEngine(topology: Topology, destroy: boolean): Promise<Report> {
  const context = await openEnvironment({ creates: !destroy, topology, builds: false });
  await requireNobodyAtWork(context);
  if (destroy) await requireLifted(context, 'make plan DESTROY=1');
  return (await planAndReport(context, destroy)).report;
}
