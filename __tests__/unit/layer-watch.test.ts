import { LayerWatch } from '../../cli/kubernetes/layer-watch';
import { CommandError } from '../../cli/setup/process';
import { onCluster } from '../support/kubernetes-plans';

// What happens to the watching of a layer while Terraform applies it, in a cluster that cannot be looked at.

const topology = onCluster();
const layer = { stack: topology.stacks[0] as (typeof topology.stacks)[number], manifests: [] };
const REFUSED = new CommandError(['kubectl', 'get'], 1, 'exit code 1', [
  'Error from server (Forbidden): pods is forbidden: User "ci" cannot list resource "pods"',
]);

/** Watches work until it has been looked at twice. @returns what had happened when the watching ended */
async function watched(error: Error): Promise<{ readonly workEnded: boolean; readonly failed?: unknown }> {
  let workEnded = false;
  let end: () => void = () => undefined;
  const work = new Promise<void>((done) => {
    end = done;
  }).then(() => {
    workEnded = true;
  });
  let looks = 0;
  const list = async () => {
    looks += 1;
    // The first look must not be the last where the cluster refuses; nor may the work be left alone where looking fails.
    setTimeout(end, looks === 1 && error === REFUSED ? 3500 : 100);
    throw error;
  };
  const cluster = { list, kubectl: async () => '{"items":[]}' };
  const watch = new LayerWatch({ topology, cluster } as unknown as ConstructorParameters<typeof LayerWatch>[0], layer);
  const failed = await watch.during(work, () => undefined).catch((reason: unknown) => reason);
  return { workEnded, failed };
}

test('what the cluster refuses to tell is left to the work itself to say', async () => {
  expect(await watched(REFUSED)).toEqual({ workEnded: true, failed: undefined });
}, 15_000);

test('any other failure to look is told, when the work has ended', async () => {
  const mistake = new TypeError('x is undefined');
  expect(await watched(mistake)).toEqual({ workEnded: true, failed: mistake });
}, 15_000);
