import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type IdentityServerImageContent, readIdentityServerContext } from '../images/identity-server';
import { type SandboxImages, sandboxImageTags } from '../images/tags';
import { driverJarPath } from './driver-jar';
import type { Environment } from './schema';

/** Folder of the scripts that run in containers. */
const RUNTIME = join(__dirname, '..', 'runtime');

/** What a topology is derived from beside its configuration: what stands in files, read once, so that deriving reads nothing. */
export interface TopologyAssets {
  /** Names of the images that this project builds for the sandbox. */
  readonly sandboxImages: SandboxImages;
  /** Scripts that run in containers, by their path below `runtime/`. */
  readonly runtime: Readonly<Record<string, string>>;
  /** What an image of the identity server is built from. */
  readonly identityServerImage: IdentityServerImageContent;
  /** JDBC driver that the configuration names. @default - it names none */
  readonly driverJar?: DriverJar;
}

/** A jar on the machine that synthesizes. */
export interface DriverJar {
  /** Where it is, relative to the working directory. */
  readonly source: string;
  /** Hash of its content, hexadecimal. */
  readonly sha256: string;
}

/** Reads what the topology of a checked environment needs. @param sandboxImages @default - as this checkout builds them */
export function readAssets(
  environment: Environment,
  sandboxImages: SandboxImages = sandboxImageTags(),
): TopologyAssets {
  const { accelerator } = environment.identity_server.build ?? {};
  const driverJar = driverJarPath(environment);
  return {
    sandboxImages,
    runtime: readRuntime(),
    identityServerImage: {
      context: readIdentityServerContext(),
      ...(accelerator !== undefined && { accelerator: readFileSync(accelerator) }),
    },
    ...(driverJar !== undefined && {
      driverJar: { source: driverJar, sha256: createHash('sha256').update(readFileSync(driverJar)).digest('hex') },
    }),
  };
}

function readRuntime(): Record<string, string> {
  const files = readdirSync(RUNTIME, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(RUNTIME, path).replaceAll(sep, '/'), readFileSync(path, 'utf8')];
    }),
  );
}
