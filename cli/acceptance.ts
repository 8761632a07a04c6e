import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { allChecks, selectChecks } from '../acceptance/checks';
import { begin, end, isRunning, newRun, prefixOf, unfinished } from '../acceptance/journal';
import type { Operator } from '../acceptance/operator';
import { dryRun } from '../acceptance/report/dry-run';
import { progressLine, table } from '../acceptance/report/table';
import { writeReports } from '../acceptance/report/write';
import { allHold, runChecks } from '../acceptance/run';
import { sweep } from '../acceptance/sweep';
import type { Target } from '../acceptance/target';
import type { Topology } from '../topology/topology';
import { operatorOf } from './acceptance/operator';
import { sourceOnEngine, type TargetOptions, type TargetSource, targetOf } from './acceptance/target';
import { atWork } from './at-work';
import { EVERY_PLATFORM, runOnEnvironment } from './command';
import { EnvironmentCluster } from './environment-cluster';
import { EnvironmentEngine } from './environment-engine';
import { onKubernetes } from './on-kubernetes';
import { InterruptedError, UserError } from './setup/errors';
import { print } from './setup/progress';

/**
 * `make acceptance`: acts as a client through the load balancer and proves, promise by promise, that the pair is active-active. What it
 * creates has names of its own and is removed, also after Ctrl-C. Exit code 1 unless every promise that applies was seen to hold.
 */
runOnEnvironment({ on: EVERY_PLATFORM }, async (topology) => {
  const checks = selectChecks(allChecks(), process.env.CHECKS);
  if (checks.length === 0) throw new UserError(`CHECKS=${process.env.CHECKS}: no check has that id or that word`);
  if (process.env.DRY_RUN === '1') return console.log(dryRun(topology.loadBalancer.url, checks));
  await requireConsent(topology);
  const operated = operatedOn(topology);
  const given: TargetOptions = {
    username: process.env.ADMIN_USERNAME || undefined,
    password: process.env.ADMIN_PASSWORD || undefined,
    address: process.env.ADDRESS || undefined,
    ca: process.env.CA || undefined,
  };
  const target = await targetOf(topology, given, operated.source);
  const folder = join('build', 'acceptance', topology.environment);
  await sweepUnfinished(target, folder);
  if (process.env.CLEANUP) return removeAll(target, process.env.CLEANUP);

  const run = newRun();
  const startedAt = new Date();
  const interruption = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    print(`${signal}: what was made is removed, then this ends`);
    interruption.abort(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  begin(folder, run);
  const { service, nodes } = topology;
  const takesNodesAway = process.env.FAILOVER === '1';
  const runAll = () =>
    runChecks(target, checks, {
      prefix: prefixOf(run),
      emailUsernames: service.emailUsernames,
      signal: interruption.signal,
      ...(process.env.BACK_CHANNEL && { backChannel: process.env.BACK_CHANNEL }),
      consents: process.env.CONSENTS === '1',
      ...(takesNodesAway && { operator: operated.operator }),
      progress: (result, done, of) => print(progressLine(result, done, of)),
    });
  // Nobody may deploy meanwhile, nor another run stop the other node.
  const results = await (takesNodesAway ? operated.atWork('make acceptance FAILOVER=1', runAll) : runAll());
  if (!results.some(({ id, outcome }) => id === 'Z1' && outcome === 'broken')) end(folder);
  const seconds = (Date.now() - startedAt.getTime()) / 1000;
  const { environment } = topology;
  const file = writeReports(
    folder,
    {
      environment,
      origin: target.origin,
      distribution: service.distribution,
      nodes: nodes.map(({ name }) => name),
      run,
      startedAt: startedAt.toISOString(),
      seconds,
    },
    results,
  );
  console.log(`\n${table(results)}\n\nReport: ${file}`);
  if (interruption.signal.aborted) throw new InterruptedError(interruption.signal.reason);
  if (!allHold(results)) process.exitCode = 1;
});

/** What whoever runs the environment adds to what its clients know. */
interface Operated {
  readonly source: TargetSource;
  readonly operator: Operator;
  /** Does something that nobody else may do at the same time. */
  atWork<T>(command: string, work: () => Promise<T>): Promise<T>;
}

function operatedOn(topology: Topology): Operated {
  if (topology.platform.kind === 'kubernetes') {
    const cluster = new EnvironmentCluster(topology);
    const { sourceOnCluster, operatorOnCluster, atWorkOnCluster } = onKubernetes();
    return {
      source: sourceOnCluster(topology, cluster),
      operator: operatorOnCluster(topology, cluster),
      atWork: (command, work) => atWorkOnCluster({ topology, cluster }, command, work),
    };
  }
  const engine = new EnvironmentEngine(topology);
  return {
    source: sourceOnEngine(topology),
    operator: operatorOf(topology, engine),
    atWork: (command, work) => atWork({ topology, engine }, command, work),
  };
}

async function requireConsent({ protected: isProtected, environment }: Topology): Promise<void> {
  if (!isProtected || process.env.YES === '1') return;
  const what = `"make acceptance" creates and removes users, applications and sessions of its own${process.env.FAILOVER === '1' ? ', and stops, kills and freezes its nodes one by one,' : ''} in ${environment}, which is protected`;
  if (!process.stdin.isTTY)
    throw new UserError(`${what}; without a terminal to ask, say YES=1. DRY_RUN=1 lists it all.`);
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question(`${what}. DRY_RUN=1 lists it all. Type its name to go on: `);
  prompt.close();
  if (answer.trim() !== environment) throw new UserError('nothing was done');
}

/** Cleans up after a run that was cut off. @throws UserError beside one that is still running */
async function sweepUnfinished(target: Target, folder: string): Promise<void> {
  const journal = unfinished(folder);
  if (journal === undefined) return;
  if (isRunning(journal)) {
    throw new UserError(`another "make acceptance" is running here (process ${journal.pid}): wait for its end`);
  }
  print(`Run ${journal.run} did not come to its end: what it left is removed first`);
  await removeAll(target, journal.run);
  end(folder);
}

async function removeAll(target: Target, run: string): Promise<void> {
  const problems = await sweep(target, prefixOf(run));
  if (problems.length > 0) throw new UserError(`not everything of run ${run} could be removed: ${problems.join('; ')}`);
  print(`Nothing of run ${run} is left`);
}
