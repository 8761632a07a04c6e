import { clusterRuns } from './cluster/cluster';
import { imagesElsewhere, loadImages } from './cluster/images';
import { MARK } from './cluster/layout';
import { imagesOf, selectedTopology } from './command';
import { ensureSetup } from './setup/ensure-setup';
import { runCommand, UserError } from './setup/errors';

/**
 * `make cluster-images`: builds what the environment's pods start from, where it is missing, and copies it into the cluster of this machine;
 * says how to copy it into another.
 */
runCommand(async () => {
  const topology = selectedTopology({ on: ['kubernetes'] });
  const context = topology.platform.kind === 'kubernetes' ? topology.platform.context : undefined;
  const isOurs = context === MARK;
  if (isOurs && !clusterRuns())
    throw new UserError('no cluster runs here that could take images: "make cluster" starts it.');
  const images = imagesOf(topology);
  await ensureSetup({ images });
  if (isOurs) await loadImages(images);
  else console.log(imagesElsewhere(images, context ?? ''));
});
