import { relative, resolve } from 'node:path';
import { ensureCluster, KUBECONFIG } from './cluster/cluster';
import { MACHINES } from './cluster/layout';
import { STORAGE_CLASS } from './cluster/manifests';
import { runCommand } from './setup/errors';
import { print } from './setup/progress';

/** `make cluster`: a Kubernetes of three machines on this one, to try things on; a cluster that KUBECONFIG names is used instead. */
runCommand(async () => {
  const given = process.env.KUBECONFIG;
  if (given && resolve(given) !== KUBECONFIG) {
    print(
      `KUBECONFIG is set: the cluster of ${given} is used, and none is started here. Unset it to have one started.`,
    );
    return;
  }
  const startedAt = Date.now();
  await ensureCluster();
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
  const machines = MACHINES.map(({ name, address }) => `${name} ${address}`).join(', ');
  print(
    `The cluster runs (${seconds} s): ${machines}; storage class "${STORAGE_CLASS}". "make cluster-down" removes it.`,
  );
  // NetworkPolicy: see docs/kubernetes.md.
  console.log(`export KUBECONFIG='${KUBECONFIG.replaceAll("'", "'\\''")}'`);
  print(`kubectl of the same version: ${relative(process.cwd(), resolve(KUBECONFIG, '..', 'kubectl'))}`);
}, 'what had begun stays as it is. "make cluster" goes on from here, "make cluster-down" removes all of it.');
