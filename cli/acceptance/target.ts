import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Credentials, Target } from '../../acceptance/target';
import type { Topology } from '../../topology/topology';
import { EnvironmentEngine, engineSays } from '../environment-engine';
import { engineHostOf, outwardAddress, publishedPlaces } from '../published/places';
import { UserError } from '../setup/errors';
import { CommandError } from '../setup/process';

/** What a user may say instead of what the environment's file says. */
export interface TargetOptions {
  readonly username?: string;
  readonly password?: string;
  readonly address?: string;
  /** File with certificate authorities, PEM. */
  readonly ca?: string;
}

/** The environment as its clients know it. @throws UserError where the password or a file cannot be had */
export async function targetOf(topology: Topology, options: TargetOptions): Promise<Target> {
  const { loadBalancer, service, nodes, environment } = topology;
  const authorities = authoritiesOf(environment, options.ca);
  return {
    environment,
    origin: loadBalancer.url,
    address: options.address ?? addressOf(topology),
    port: loadBalancer.httpsPort,
    ...(authorities !== undefined && { authorities }),
    nodes: nodes.map(({ name }) => name),
    affinity: service.affinity,
    administrator: await credentialsOf(topology, options),
    deniedPaths: loadBalancer.deniedPaths,
    healthPath: service.healthPath,
    consolePath: service.consolePath,
    maybeCarbon: service.sandbox,
    clientCertificates: service.clientCertificates,
    accelerator: service.accelerator,
  };
}

/** Where it is published as seen from here; by its name, where that address is another machine's own. */
function addressOf(topology: Topology): string {
  const { bindAddress, hostname } = topology.loadBalancer;
  const [here] = publishedPlaces(bindAddress, engineHostOf(topology), outwardAddress()).here;
  return here ?? hostname;
}

function authoritiesOf(environment: string, file: string | undefined): string | undefined {
  if (file !== undefined) {
    if (!existsSync(file)) throw new UserError(`CA=${file}: there is no such file`);
    return readFileSync(file, 'utf8');
  }
  const own = join('build', environment, 'ca.crt');
  return existsSync(own) ? readFileSync(own, 'utf8') : undefined;
}

/** The given ones, else those that the Docker host has. They go from there into the requests and nowhere else. */
async function credentialsOf(topology: Topology, { username, password }: TargetOptions): Promise<Credentials> {
  if (password !== undefined) return { username: username ?? topology.adminUsername, password };
  const engine = new EnvironmentEngine(topology);
  const refusals: string[] = [];
  // One of them may be away: that is for the checks to say.
  for (const { containerName, secretsPath } of topology.nodes) {
    try {
      const stored = await engine.docker('exec', containerName, 'cat', `${secretsPath}/ADMIN_PASSWORD`);
      return { username: username ?? topology.adminUsername, password: stored.replace(/\n$/, '') };
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      refusals.push(`${containerName}: ${engineSays(error)}`);
    }
  }
  throw new UserError(
    `the administrator's password can be read from no node (${refusals.join('; ')}). Where the Docker host is not to be reached from here, say it by the variables ADMIN_USERNAME and ADMIN_PASSWORD.`,
  );
}
