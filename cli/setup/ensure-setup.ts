import type { IdentityServerBuild } from '../../images/identity-server';
import { type SandboxImage, sandboxImageTags } from '../../images/tags';
import { concurrently } from './concurrently';
import { type DockerEngine, ensureEngine } from './engine';
import { ensureIdentityServerImage } from './identity-server-image';
import { print } from './progress';
import { ensureProviders } from './providers';
import { ensureSandboxImages } from './sandbox-images';
import { ensureTerraform, type Terraform, terraformVariables } from './terraform';

/** What the commands work with. */
export interface Setup {
  readonly terraform: Terraform;
  readonly engine: DockerEngine;
  /** Variables for Terraform, cdktf and the docker client. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Makes sure that everything is there that a deployment needs, making what can be made here and naming what cannot.
 *
 * @param engineHost address of the Docker Engine. @default - DOCKER_HOST, else the local socket
 * @param images names of the images that are used; those of the sandbox are built where they are missing
 * @param identityServerBuild image of the identity server to build from one of them. @default - none is built
 * @throws UserError that says what to install or start
 */
export async function ensureSetup({
  engineHost,
  images,
  identityServerBuild,
}: {
  engineHost?: string;
  images: readonly string[];
  identityServerBuild?: IdentityServerBuild;
}): Promise<Setup> {
  const startedAt = Date.now();
  const terraform = await ensureTerraform();
  const engine = await ensureEngine({ host: engineHost });
  let providers: NodeJS.ProcessEnv = {};
  const tasks = [
    async () => {
      providers = await ensureProviders(terraform);
    },
    async () => {
      await ensureSandboxImages({ dockerEnv: engine.env, tags: sandboxImagesAmong(images) });
      if (identityServerBuild) await ensureIdentityServerImage({ dockerEnv: engine.env, build: identityServerBuild });
    },
  ];
  await concurrently(tasks);
  const product = terraform.isOpenTofu ? 'OpenTofu' : 'Terraform';
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  print(`Set-up complete: ${product} ${terraform.version}, Docker Engine ${engine.version} (${seconds} s)`);
  return { terraform, engine, env: { ...engine.env, ...providers, ...terraformVariables(terraform) } };
}

function sandboxImagesAmong(images: readonly string[]): Partial<Record<SandboxImage, string>> {
  return Object.fromEntries(Object.entries(sandboxImageTags()).filter(([, tag]) => images.includes(tag)));
}
