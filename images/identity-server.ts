import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of the Dockerfile. */
export const IDENTITY_SERVER_CONTEXT = join(__dirname, 'identity-server');

/** An image of the identity server that is built because the one it starts from lacks something. */
export interface IdentityServerBuild {
  /** Name of the result. Its tag is a hash of everything it is made of, so a change shows in the plan. */
  readonly image: string;
  /** Image that it starts from. */
  readonly base: string;
  /** Maven coordinates of the JDBC driver, groupId:artifactId:version, and `@sha256:` with its checksum where the user has one. */
  readonly driver?: string;
  /** Path of the accelerator's zip. */
  readonly accelerator?: string;
}

/** What such an image is built from, beside what its name says. */
export interface IdentityServerImageContent {
  /** Files of the build context, by name in the order of their names. */
  readonly context: Readonly<Record<string, Uint8Array>>;
  /** The accelerator's zip. @default - none is merged */
  readonly accelerator?: Uint8Array;
}

export function readIdentityServerContext(): IdentityServerImageContent['context'] {
  const files = readdirSync(IDENTITY_SERVER_CONTEXT).sort();
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(IDENTITY_SERVER_CONTEXT, file))]));
}

/** Names the image that these parts make. */
export function identityServerBuild(
  parts: Omit<IdentityServerBuild, 'image'>,
  { context, accelerator }: IdentityServerImageContent,
): IdentityServerBuild {
  const hash = createHash('sha256').update(`${parts.base}\0${parts.driver ?? ''}\0`);
  for (const [file, content] of Object.entries(context)) hash.update(`${file}\0`).update(content);
  if (accelerator !== undefined) hash.update(accelerator);
  return { ...parts, image: `wso2-is-active-active/identity-server:${hash.digest('hex').slice(0, 12)}` };
}
