import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../setup/process';
import { step } from '../setup/progress';
import { MACHINE_NAMES, type MachineName } from './layout';
import { CONTAINERD_SOCKET } from './machine-files';
import { holderOf, runIn } from './namespaces';

/** Label of an image in a machine: the id that the Docker Engine gave it. */
const ID_LABEL = 'wso2-kube/id';
// kubelet's own namespace in containerd.
const CTR = ['--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io'];

/**
 * Copies images of a Docker Engine into all machines that run; pods then use them by the same names, with a pull policy other than
 * Always. What a machine has already, it keeps.
 *
 * @param tags names with their tags
 * @param dockerEnv points the docker client at the engine. @default - as the shell does
 */
export async function loadImages(tags: readonly string[], dockerEnv: NodeJS.ProcessEnv = {}): Promise<void> {
  const { stdout } = await run('docker', ['image', 'inspect', '--format', '{{.Id}}', ...tags], { env: dockerEnv });
  const ids = stdout.trim().split('\n');
  const running = MACHINE_NAMES.filter((name) => holderOf(name) !== undefined);
  const wanted = await Promise.all(
    running.map(async (machine) => {
      const listed = await runIn(machine, 'ctr', [...CTR, 'images', 'ls']);
      const missing = tags.filter((tag, index) => !has(listed, fullName(tag), ids[index] as string));
      return { machine, missing };
    }),
  );
  const missing = [...new Set(wanted.flatMap((each) => each.missing))];
  if (missing.length === 0) return;
  const work = await mkdtemp(join(tmpdir(), 'wso2-kube-images-'));
  try {
    const archive = join(work, 'images.tar');
    await step(`Copying ${missing.join(', ')} into the machines`, async () => {
      await run('docker', ['save', '--output', archive, ...missing], { env: dockerEnv });
      for (const each of wanted.filter((entry) => entry.missing.length > 0)) {
        await importArchive(each.machine, archive);
        for (const tag of missing) {
          const label = `${ID_LABEL}=${ids[tags.indexOf(tag)]}`;
          await runIn(each.machine, 'ctr', [...CTR, 'images', 'label', fullName(tag), label]);
        }
      }
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** How the images get into a cluster that was not started here. @param context of its kubeconfig */
export function imagesElsewhere(tags: readonly string[], context: string): string {
  const names = tags.join(' ');
  return `The context ${context} is not of the cluster that "make cluster" starts, so nothing was copied. These images are on your Docker Engine:

${tags.map((tag) => `  ${tag}`).join('\n')}

Have every machine of that cluster get them, for example

  kind       kind load docker-image ${names}
  minikube   minikube image load ${names}
  k3s        docker save ${names} | sudo k3s ctr images import -
  any other  docker tag and docker push to a registry that it pulls from; then name them in identity_server.image, database.image and load_balancer.image`;
}

/** Imports an archive as of "docker save" into a machine. */
export async function importArchive(machine: MachineName, archive: string): Promise<void> {
  await runIn(machine, 'ctr', [...CTR, 'images', 'import', archive]);
}

/** @param listed what "ctr images ls" prints */
export function has(listed: string, name: string, id: string): boolean {
  return listed.split('\n').some((line) => {
    const columns = line.split(/\s+/);
    return columns[0] === name && line.includes(`${ID_LABEL}=${id}`);
  });
}

/** A name as Kubernetes completes it: the first part is a registry only if it looks like one. */
export function fullName(tag: string): string {
  const [first = '', ...others] = tag.split('/');
  if (others.length === 0) return `docker.io/library/${tag}`;
  return /[.:]|^localhost$/.test(first) ? tag : `docker.io/${tag}`;
}
