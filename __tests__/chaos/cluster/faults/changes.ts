import { sandboxImageTags } from '../../../../images/tags';
import { docker } from '../../../support/workspace';
import { NOTHING_LOST } from '../../fault';
import { allInRotation, type ClusterFault, clusterFault, replacedSince } from '../cluster-fault';
import type { ClusterPair, ClusterPairSettings } from '../pair';

/** A change that nobody may notice; afterwards, unmeasured, it is taken back. */
function change(
  name: string,
  done: string,
  settings: (pair: ClusterPair) => Promise<ClusterPairSettings>,
): ClusterFault {
  let changed: ClusterPairSettings = {};
  return clusterFault({
    name,
    done,
    bars: NOTHING_LOST,
    prepare: async (pair) => {
      changed = await settings(pair);
      return () => pair.up();
    },
    inject: async (pair, note) => {
      const before = await pair.pods();
      await pair.up(changed);
      await allInRotation(pair, note);
      const after = await replacedSince(pair, before);
      note.remarks.push(`replaced: ${after.join(', ')}`);
      note.expect('nothing was replaced', after.length > 0);
    },
  });
}

/** The same image under another name. */
async function anotherName(image: string, pair: ClusterPair): Promise<string> {
  const [repository] = image.split(':');
  const tag = `${repository}:changed`;
  await pair.workspace.buildImage(tag, `FROM ${image}\nLABEL changed=1\n`);
  return tag;
}

export const changeFaults = {
  configuration: change('configuration roll of the nodes', 'another heap, for both nodes', async () => ({
    heapMb: 400,
  })),
  image: change('image roll of the nodes', 'another image, for both nodes', async (pair) => ({
    image: await anotherName(sandboxImageTags().identityServer, pair),
  })),
  nginx: change(
    'another Nginx image in the cluster',
    'both load balancers are replaced, one after the other',
    async (pair) => ({
      loadBalancerImage: await anotherName(sandboxImageTags().nginx, pair),
    }),
  ),
  certificates: change(
    'certificates issued again in the cluster',
    'keystore_revision is raised, which issues them again and rolls the nodes',
    async () => ({ keystoreRevision: 2 }),
  ),
};

/** Images that only faults use. */
export async function removeChangedImages(): Promise<void> {
  for (const image of Object.values(sandboxImageTags())) {
    await docker('image', 'rm', '--force', `${image.split(':')[0]}:changed`).catch(() => '');
  }
}
