import { goneVolumes } from '../review/report/danger';
import type { Topology } from '../topology/topology';
import type { VolumeTopology } from '../topology/volumes';
import type { CommandContext } from './command';
import { UserError } from './setup/errors';
import type { TerraformStackRunner } from './terraform';

/**
 * For `make up`, whose plan nobody reads.
 *
 * @throws UserError where applying these plans would put an empty volume in the place of one that is gone with what nobody can make again
 */
export async function requireVolumes(
  { topology }: Pick<CommandContext, 'topology'>,
  changed: readonly Pick<TerraformStackRunner, 'planJson'>[],
): Promise<void> {
  const plans = await Promise.all(changed.map(async (runner) => ({ plan: await runner.planJson() })));
  const gone = goneVolumes(topology, plans);
  if (gone.length === 0) return;
  const { environment, volumes } = topology;
  throw new UserError(
    [
      'Nothing was changed: an empty volume would take the place of what nobody can make again.',
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
function stepsBefore({ volumes, nodes, loadBalancer }: Topology, gone: readonly VolumeTopology[]): string[] {
  const { certificateAuthority, keystores, loadBalancerCertificates } = volumes;
  if (!gone.includes(certificateAuthority) || gone.includes(keystores)) return [];
  const containers = [loadBalancer, ...nodes].map(({ containerName }) => containerName);
  const left = [keystores, loadBalancerCertificates].filter((volume) => !gone.includes(volume));
  return [
    '  an interruption first, as no new authority is made beside what the lost one has signed:',
    `  docker rm -f ${containers.join(' ')} && docker volume rm ${left.map(({ name }) => name).join(' ')}`,
  ];
}
