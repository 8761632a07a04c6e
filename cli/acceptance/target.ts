import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '../../acceptance/target';
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

/** What whoever runs an environment knows of it, on whichever platform. */
export interface TargetSource {
  /** Where it is published as seen from here; its name, where that is another machine's own affair. */
  address(): Promise<string>;
  /** The authority of its certificate, PEM; undefined where it is somebody else's, or nobody can say. */
  authority(): Promise<string | undefined>;
  /** The administrator's password. It goes from there into the requests and nowhere else. @throws UserError where it cannot be had */
  password(): Promise<string>;
}

/** The environment as its clients know it. @throws UserError where the password or a file cannot be had */
export async function targetOf(topology: Topology, options: TargetOptions, source: TargetSource): Promise<Target> {
  const { loadBalancer, service, nodes, environment } = topology;
  const authorities = options.ca === undefined ? await source.authority() : authoritiesIn(options.ca);
  const username = options.username ?? topology.adminUsername;
  return {
    environment,
    origin: loadBalancer.url,
    address: options.address ?? (await source.address()),
    port: loadBalancer.httpsPort,
    ...(authorities !== undefined && { authorities }),
    nodes: nodes.map(({ name }) => name),
    affinity: service.affinity,
    administrator: { username, password: options.password ?? (await source.password()) },
    deniedPaths: loadBalancer.deniedPaths,
    healthPath: service.healthPath,
    consolePath: service.consolePath,
    maybeCarbon: service.sandbox,
    clientCertificates: service.clientCertificates,
    accelerator: service.accelerator,
  };
}

function authoritiesIn(file: string): string {
  if (!existsSync(file)) throw new UserError(`CA=${file}: there is no such file`);
  return readFileSync(file, 'utf8');
}

/** What the Docker host knows. */
export function sourceOnEngine(topology: Topology): TargetSource {
  const { bindAddress, hostname } = topology.loadBalancer;
  return {
    address: async () => publishedPlaces(bindAddress, engineHostOf(topology), outwardAddress()).here[0] ?? hostname,
    authority: async () => {
      const own = join('build', topology.environment, 'ca.crt');
      return existsSync(own) ? readFileSync(own, 'utf8') : undefined;
    },
    password: () => passwordOnEngine(topology, new EnvironmentEngine(topology)),
  };
}

async function passwordOnEngine({ nodes }: Topology, engine: EnvironmentEngine): Promise<string> {
  const refusals: string[] = [];
  // One of them may be away: that is for the checks to say.
  for (const { containerName, secretsPath } of nodes) {
    try {
      return (await engine.exec(containerName, 'cat', `${secretsPath}/ADMIN_PASSWORD`)).replace(/\n$/, '');
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      refusals.push(`${containerName}: ${engineSays(error)}`);
    }
  }
  throw new UserError(
    `the administrator's password can be read from no node (${refusals.join('; ')}). Where the Docker host is not to be reached from here, say it by the variables ADMIN_USERNAME and ADMIN_PASSWORD.`,
  );
}
