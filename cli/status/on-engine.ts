import type { Topology } from '../../topology/topology';
import { EnvironmentEngine, engineSays } from '../environment-engine';
import { askAsClient } from '../published/published';
import { whoAnswers } from '../published/who-answers';
import { CommandError } from '../setup/process';
import { filesInVolumes } from './changed-files';
import { componentsOf } from './components';
import type { Findings } from './findings';
import { revocationStatus } from './revocations';
import { nodeCertificates } from './signing-certificates';

/** How an environment on Docker is. */
export async function lookAtEngine(topology: Topology): Promise<Findings> {
  const engine = new EnvironmentEngine(topology);
  const [found, seen, certificates, revocations, volumes] = await Promise.all([
    componentsOf(topology, engine).then(
      (components) => ({ components, problem: null }),
      (error) => ({ components: [], problem: engineProblem(error) }),
    ),
    askAsClient(topology, engine),
    nodeCertificates(topology, engine),
    revocationStatus(topology, engine),
    filesInVolumes(topology, engine),
  ]);
  const who = seen.served ? undefined : whoAnswers(topology, seen);
  const published = who === undefined ? seen : { ...seen, reason: `${seen.reason}. ${who}` };
  return { ...found, published, certificates, revocations, volumes };
}

/** A client may still be served when the engine does not answer, so that is no reason to stop. */
function engineProblem(error: unknown): string {
  if (!(error instanceof CommandError)) throw error;
  return `the Docker Engine cannot be asked: ${engineSays(error)}. Check the address ([engine] host in the configuration, or DOCKER_HOST), that the engine runs, and that you may reach it.`;
}
