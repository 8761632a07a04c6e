import { goneVolumes } from '../review/report/danger';
import { clientOf } from '../topology/platform';
import type { Topology } from '../topology/topology';
import type { VolumeTopology } from '../topology/volumes';
import { UserError } from './setup/errors';
import type { TerraformStackRunner } from './terraform';

/**
 * For `make up`, whose plan nobody reads.
 *
 * @throws UserError where applying these plans would put an empty volume, Secret or claim in the place of one that is gone with what nobody
 * can make again
 */
export async function requireVolumes(
  { topology }: { readonly topology: Topology },
  changed: readonly Pick<TerraformStackRunner, 'planJson'>[],
): Promise<void> {
  const plans = await Promise.all(changed.map(async (runner) => ({ plan: await runner.planJson() })));
  const gone = goneVolumes(topology, plans);
  if (gone.length === 0) return;
  const { environment, platform, volumes } = topology;
  const empty = platform.kind === 'kubernetes' ? 'an empty object' : 'an empty volume';
  throw new UserError(
    [
      `Nothing was changed: ${empty} would take the place of what nobody can make again.`,
      ...gone.map(({ name, loss }) => `  ${name} is gone: ${loss}`),
      ...(gone.some(({ backedUp }) => backedUp)
        ? [`Bring back what "make backup" has kept: make restore ENVIRONMENT=${environment} < archive`]
        : []),
      ...(gone.includes(volumes.databaseData)
        ? ["The database's content comes from its own backup, once there is an empty one."]
        : []),
      'To go on without what is lost:',
      ...stepsBefore(topology, gone),
      `  make plan ENVIRONMENT=${environment}, then make apply ENVIRONMENT=${environment} PLAN=<digest from the report>`,
    ].join('\n'),
  );
}

/** The job makes no new authority beside stores that the lost one has signed: these go first, and what uses them. */
function stepsBefore({ platform, volumes, nodes, loadBalancer }: Topology, gone: readonly VolumeTopology[]): string[] {
  const { certificateAuthority, keystores, loadBalancerCertificates } = volumes;
  if (!gone.includes(certificateAuthority) || gone.includes(keystores)) return [];
  const servers = [loadBalancer, ...nodes].map(({ containerName }) => containerName).join(' ');
  const left = [keystores, loadBalancerCertificates].filter((volume) => !gone.includes(volume));
  const signed = left.map(({ name }) => name).join(' ');
  const why = '  an interruption first, as no new authority is made beside what the lost one has signed:';
  if (platform.kind === 'docker') return [why, `  docker rm -f ${servers} && docker volume rm ${signed}`];
  const kubectl = clientOf(platform);
  return [why, `  ${kubectl} delete deployment ${servers} && ${kubectl} delete secret ${signed}`];
}
