import { loadImages } from './cluster/images';
import { imagesOf, selectedTopology } from './command';
import { ensureSetup } from './setup/ensure-setup';
import { runCommand } from './setup/errors';

/** `make cluster-images`: builds what the environment's pods start from, where it is missing, and copies it into the cluster of this machine. */
runCommand(async () => {
  const images = imagesOf(selectedTopology({ on: ['kubernetes'] }));
  await ensureSetup({ images });
  await loadImages(images);
});
