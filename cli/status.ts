import { EVERY_PLATFORM, runOnEnvironment } from './command';
import { onKubernetes } from './on-kubernetes';
import { authorityStatus } from './status/authority';
import { isWell } from './status/components';
import { lookAtEngine } from './status/on-engine';
import { signingCertificates } from './status/signing-certificates';
import { statusText } from './status/table';

/**
 * `make status`: one line a component, and one for what a client sees at the published address; exit code 1 unless all are healthy,
 * every node takes traffic, a client is served, every file in a volume is as it was installed and no list of revoked certificates has
 * ended. JSON=1, or `--json`, for programs.
 */
runOnEnvironment({ on: EVERY_PLATFORM }, async (topology) => {
  const look = topology.platform.kind === 'kubernetes' ? onKubernetes().lookAtCluster : lookAtEngine;
  const { components, problem, published, certificates, revocations, volumes } = await look(topology);
  const { changed } = volumes;
  const signingKeys = signingCertificates(topology, certificates);
  const authority = authorityStatus(topology, certificates);
  const inTime = !revocations.some(({ ended }) => ended);
  const healthy = problem === null && components.every(isWell) && published.served && inTime && changed.length === 0;
  if (process.env.JSON === '1' || process.argv.includes('--json')) {
    const { environment } = topology;
    const all = { environment, healthy, problem, components, changed, signingKeys, authority, revocations, published };
    console.log(JSON.stringify(all, null, 2));
  } else {
    if (problem) console.log(problem);
    const nodes = topology.nodes.length;
    console.log(statusText({ components, published, nodes, signingKeys, authority, revocations, volumes }));
  }
  if (!healthy) process.exitCode = 1;
});
