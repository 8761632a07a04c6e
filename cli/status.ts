import { selectedTopology } from './command';
import { EnvironmentEngine, engineSays } from './environment-engine';
import { askAsClient } from './published/published';
import { whoAnswers } from './published/who-answers';
import { runCommand } from './setup/errors';
import { CommandError } from './setup/process';
import { type ComponentStatus, componentsOf, isWell } from './status/components';
import { statusText } from './status/table';

/**
 * `make status`: one line a component, and one for what a client sees at the published address; exit code 1 unless all are healthy,
 * every node takes traffic and a client is served. JSON=1, or `--json`, for programs.
 */
runCommand(async () => {
  const topology = selectedTopology();
  const engine = new EnvironmentEngine(topology);
  const [{ components, problem }, published] = await Promise.all([
    componentsOf(topology, engine).then(
      (found) => ({ components: found, problem: null }),
      (error) => ({ components: [] as ComponentStatus[], problem: engineProblem(error) }),
    ),
    askAsClient(topology, engine),
  ]);
  const healthy = problem === null && components.every(isWell) && published.served;
  if (process.env.JSON === '1' || process.argv.includes('--json')) {
    const { environment } = topology;
    console.log(JSON.stringify({ environment, healthy, problem, components, published }, null, 2));
  } else {
    if (problem) console.log(problem);
    const who = published.served ? undefined : whoAnswers(topology, published);
    console.log(statusText(components, published, topology.nodes.length));
    if (who) console.log(who);
  }
  if (!healthy) process.exitCode = 1;
});

/** A client may still be served when the engine does not answer, so that is no reason to stop. */
function engineProblem(error: unknown): string {
  if (!(error instanceof CommandError)) throw error;
  return `the Docker Engine cannot be asked: ${engineSays(error)}. Check the address ([engine] host in the configuration, or DOCKER_HOST), that the engine runs, and that you may reach it.`;
}
