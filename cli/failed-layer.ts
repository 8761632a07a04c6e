import { jobsInOrder } from '../topology/jobs';
import type { StackTopology } from '../topology/stacks';
import { isRetired } from '../topology/topology';
import type { CommandContext } from './command';
import type { EngineContainer } from './environment-engine';
import { servingNodes } from './rotation';
import { UserError } from './setup/errors';
import type { CommandError } from './setup/process';
import { howItEnded, knownCause } from './status/reasons';

const SHOWN_LINES = 15;
/** Lines in which a cause is looked for. */
const READ_LINES = 200;

/** What a failed layer means, and where to look. */
export async function failedLayer(
  context: CommandContext,
  stack: StackTopology,
  error: CommandError,
): Promise<UserError> {
  const { topology, engine } = context;
  const lines = [`${stack.name} could not be applied:`, '', error.lastLines.join('\n'), ''];
  for (const container of await suspects(context, stack)) {
    const { name } = container;
    const log = await engine.lastLines(name, READ_LINES);
    const shown = log.split('\n').slice(-SHOWN_LINES).join('\n');
    lines.push(`Last lines of ${name} (all of them: docker logs ${name}):`, shown, '');
    const causes = [endOf(context, container), knownCause(`${container.healthOutput ?? ''}\n${log}`)];
    const cause = causes.filter((each) => each !== undefined).join('; ');
    if (cause !== '') lines.push(`${name}: ${cause}`, '');
  }
  const serving = stack.layer === 'node' && !isRetired(topology, stack.name) ? await servingNodes(context) : [];
  const others = serving.filter((name) => name !== stack.name);
  // On a first creation there are none.
  if (others.length > 0) {
    lines.push(
      `The roll stops here; ${others.join(', ')} keep serving as before.`,
      'To go back, restore the previous configuration (git revert) and run "make up"; it replaces only this node.',
    );
  } else {
    lines.push('When the cause is fixed, "make up" continues from here.');
  }
  return new UserError(lines.join('\n'));
}

/** Jobs that failed, and the layer's servers that are not well. */
async function suspects({ topology, engine }: CommandContext, { name, layer }: StackTopology) {
  const jobs = jobsInOrder(topology.jobs).map((job) => job.name);
  const database = layer === 'foundation' ? topology.database.container?.containerName : undefined;
  const servers = [name, ...(database === undefined ? [] : [database])];
  return (await engine.containers()).filter(
    (container) =>
      (jobs.includes(container.name) && !container.running && container.exitCode !== 0) ||
      (servers.includes(container.name) && (!container.running || container.health !== 'healthy')),
  );
}

/** How a server has ended, or that it ends again and again; undefined for one that runs, and for jobs, whose own words say it. */
function endOf({ topology }: CommandContext, container: EngineContainer): string | undefined {
  const { nodes, loadBalancer, database } = topology;
  const servers = [...nodes, loadBalancer, ...(database.container ? [database.container] : [])];
  const server = servers.find(({ containerName }) => containerName === container.name);
  if (server === undefined) return undefined;
  if (!container.running || container.restarting) return howItEnded(container, server.memoryMb);
  return container.restarts > 0 ? `the engine has started it again ${container.restarts} times` : undefined;
}
