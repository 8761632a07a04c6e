import { type CommandContext, openEnvironment } from './command';
import type { DatabaseLogins, DatabaseRotation } from './database-password';
import { planAll } from './planning';
import { applyAll } from './rollout';
import { waitUntilAllServe } from './rotation';

/** The two logins of an environment on Docker. */
export function loginsOnEngine({ topology, engine }: Pick<CommandContext, 'topology' | 'engine'>): DatabaseLogins {
  const { nodes, retired, jobs } = topology;
  const schemaJob = jobs.schema?.run.name;
  const names = [...nodes.map(({ containerName }) => containerName), ...retired.stacks.map(({ name }) => name)];
  return {
    topology,
    host: engine,
    inUse: async () =>
      (await engine.containers())
        .filter(({ name }) => names.includes(name))
        .map(({ variables }) => variables.DATABASE_LOGIN),
    schemaJobFailed: async () =>
      (await engine.containers()).some(({ name, exitCode }) => name === schemaJob && exitCode !== 0),
    runSchemaJob: async () => {
      await engine.docker('start', '--attach', schemaJob as string);
    },
  };
}

/** What a change of the database's password works with on Docker. */
export function rotationOnEngine(context: CommandContext): DatabaseRotation {
  return {
    ...loginsOnEngine(context),
    plan: async () => {
      const changed = await planAll(context);
      return changed.length === 0 ? undefined : () => applyAll(context, changed);
    },
    waitUntilAllServe: () => waitUntilAllServe(context),
    reopened: async () => rotationOnEngine(await openEnvironment()),
  };
}
