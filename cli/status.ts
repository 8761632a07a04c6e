import { selectedTopology } from './command';
import { EnvironmentEngine, engineSays } from './environment-engine';
import { askAsClient } from './published/published';
import { whoAnswers } from './published/who-answers';
import { runCommand } from './setup/errors';
import { CommandError } from './setup/process';
import { authorityStatus } from './status/authority';
import { filesInVolumes } from './status/changed-files';
import { type ComponentStatus, componentsOf, isWell } from './status/components';
import { revocationStatus } from './status/revocations';
import { nodeCertificates, signingCertificates } from './status/signing-certificates';
import { statusText } from './status/table';

/**
 * `make status`: one line a component, and one for what a client sees at the published address; exit code 1 unless all are healthy,
 * every node takes traffic, a client is served, every file in a volume is as it was installed and no list of revoked certificates has
 * ended. JSON=1, or `--json`, for programs.
 */
runCommand(async () => {
  const topology = selectedTopology();
  const engine = new EnvironmentEngine(topology);
  const [{ components, problem }, seen, certificates, revocations, volumes] = await Promise.all([
    componentsOf(topology, engine).then(
      (found) => ({ components: found, problem: null }),
      (error) => ({ components: [] as ComponentStatus[], problem: engineProblem(error) }),
    ),
    askAsClient(topology, engine),
    nodeCertificates(topology, engine),
    revocationStatus(topology, engine),
    filesInVolumes(topology, engine),
  ]);
  const who = seen.served ? undefined : whoAnswers(topology, seen);
  const published = who === undefined ? seen : { ...seen, reason: `${seen.reason}. ${who}` };
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

/** A client may still be served when the engine does not answer, so that is no reason to stop. */
function engineProblem(error: unknown): string {
  if (!(error instanceof CommandError)) throw error;
  return `the Docker Engine cannot be asked: ${engineSays(error)}. Check the address ([engine] host in the configuration, or DOCKER_HOST), that the engine runs, and that you may reach it.`;
}
