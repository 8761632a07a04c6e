import { type DatabaseLogins, type DatabaseRotation, lockUnusedLogin } from '../database-password';
import type { ClusterObject } from '../environment-cluster';
import { UserError } from '../setup/errors';
import type { TerraformStackRunner } from '../terraform';
import { type ClusterContext, openCluster } from './cluster-context';
import { waitUntilAllInRotation } from './gates';
import { baseNameOf, currentJobs, hasFailed, type Job } from './jobs';
import { addressOf, manifestsIn, planOnCluster } from './planning';
import { applyUntilInRotation } from './roll';
import { readSecrets, type SecretFiles } from './secrets';
import { ClusterVolumes } from './volume-host';

/** A node's Deployment, whose variables say by which login its pod works. */
interface NodeDeployment extends ClusterObject {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
}

/** The two logins of an environment on Kubernetes. */
export function loginsOnCluster(context: ClusterContext): DatabaseLogins {
  const { topology, cluster } = context;
  const { nodes, retired, jobs } = topology;
  const host = new ClusterVolumes(topology, cluster);
  const names = [...nodes.map(({ containerName }) => containerName), ...retired.stacks.map(({ name }) => name)];
  const schemaJob = jobs.schema?.run.name as string;
  return {
    topology,
    host,
    inUse: async () => {
      const found = await cluster.list<NodeDeployment>('deployments');
      return found.filter(({ metadata }) => names.includes(metadata.name)).map(loginOf);
    },
    schemaJobFailed: async () =>
      currentJobs(topology, await cluster.list<Job>('jobs')).some(
        (job) => job.metadata.name.startsWith(schemaJob) && hasFailed(job),
      ),
    runSchemaJob: () => runJobAgain(context, schemaJob),
  };
}

/** A Job runs once, so it is replaced by the same one. Nothing else is: an apply of reviewed plans does nothing that nobody has reviewed. */
async function runJobAgain(context: ClusterContext, name: string): Promise<void> {
  const { environment, stacks } = context.topology;
  const layer = stacks.find((stack) => stack.layer === 'foundation');
  const runner = context.stacks.find(({ stack }) => stack.name === layer?.name) as TerraformStackRunner;
  const jobs = manifestsIn(context, runner).filter(({ object }) => baseNameOf(object.metadata.name) === name);
  const addresses = jobs.filter(({ object }) => object.kind === 'Job').map(({ id }) => addressOf(id));
  await runner.init();
  await runner.plan(false, new Map(addresses.map((address) => [address, 'it runs again'])));
  const { resource_changes: changes = [] } = await runner.planJson();
  const others = changes.filter(
    ({ address, change }) => !['no-op', 'read'].includes(change.actions.join()) && !addresses.includes(address),
  );
  if (others.length > 0) {
    throw new UserError(
      `${name} was not run again: beside it ${others.map(({ address }) => address).join(', ')} would change. The next "make up ENVIRONMENT=${environment}" does both.`,
    );
  }
  await applyUntilInRotation(context, [runner]);
}

/** What a change of the database's password works with on Kubernetes. */
export function rotationOnCluster(context: ClusterContext, reread: () => ClusterContext['topology']): DatabaseRotation {
  return {
    ...loginsOnCluster(context),
    plan: async () => {
      const changed = await planOnCluster(context);
      return changed.length === 0 ? undefined : () => applyUntilInRotation(context, changed);
    },
    waitUntilAllServe: () => waitUntilAllInRotation(context),
    reopened: async () => rotationOnCluster(await openCluster(reread()), reread),
  };
}

/** Locks the login that no node uses any more, where an earlier run or a reviewed plan has left one; nothing is started to find out. */
export async function lockUnusedOnCluster(context: ClusterContext): Promise<void> {
  const { database, volumes } = context.topology;
  const { revision, other } = database.logins;
  if (revision === 1) return;
  const secrets = await readSecrets(context.cluster, [volumes.databaseSecrets, volumes.identityServerSecrets]);
  const logins = loginsOnCluster(context);
  if (secrets.some(({ files }) => knows(files, other.secret)) || (await logins.schemaJobFailed())) {
    await lockUnusedLogin(logins);
  }
}

/** Whether a file is there, or its list still has it. */
function knows(files: SecretFiles, name: string): boolean {
  return files.has(name) || (files.get('checksums')?.toString('utf8').includes(`  ./${name}\n`) ?? false);
}

function loginOf({ spec }: NodeDeployment): string | undefined {
  const [container] = spec.template.spec.containers;
  return container?.env?.find(({ name }) => name === 'DATABASE_LOGIN')?.value;
}
