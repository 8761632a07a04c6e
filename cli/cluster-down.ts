import { removeCluster } from './cluster/cluster';
import { runCommand } from './setup/errors';
import { print } from './setup/progress';

/** `make cluster-down`: ends what `make cluster` started. Built programs stay in the cache. */
runCommand(async () => {
  if (!(await removeCluster())) print('There is no test cluster on this machine.');
});
