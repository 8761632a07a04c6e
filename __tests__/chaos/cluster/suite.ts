import { alone } from '../../../cli/cluster/cluster';
import { KUBERNETES } from '../../../cli/cluster/layout';
import { ensureSetup } from '../../../cli/setup/ensure-setup';
import { runCommand } from '../../../cli/setup/errors';
import { step } from '../../../cli/setup/progress';
import { sandboxImageTags } from '../../../images/tags';
import { ALL_NAMES } from '../all-names';
import { Attempts, chosen } from '../attempts';
import { inject } from '../fault';
import { CLUSTER_SLOW_MS, report } from '../report';
import { Results } from '../results';
import { CLUSTER_FAULTS } from './faults';
import { removeChangedImages } from './faults/changes';
import { ClusterPair } from './pair';

/**
 * `make cluster-faults`: does every fault to a pair on the cluster of `make cluster` and writes what they cost to docs/faults.md; exit code 1
 * when a bar is missed. With FAULTS, parts of their names between "|", only those; with KEEP=1 the pair stays for the next run, which finds it.
 */
runCommand(async () => {
  const faults = chosen(CLUSTER_FAULTS, process.env.FAULTS, 'fault');
  await ensureSetup({ images: Object.values(sandboxImageTags()) });
  const attempts = new Attempts(new Results('faults', ALL_NAMES, report), `Kubernetes ${KUBERNETES}`, 'kubernetes');
  const pair = new ClusterPair();
  const keep = process.env.KEEP === '1';
  try {
    await step('Bring up the pair', () => pair.up());
    for (const fault of faults) {
      await attempts.attempt(
        fault,
        () => alone(() => inject(pair, fault, { slowMs: CLUSTER_SLOW_MS })),
        () => step('Begin again with a fresh pair', () => pair.anew()),
      );
    }
  } finally {
    if (keep) pair.leave();
    else await step('Remove the pair', () => pair.dispose());
    await removeChangedImages();
  }
  attempts.requireMet();
});
