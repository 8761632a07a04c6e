import { CONTROL_PORT, overlap, parseSubnet } from './addresses';
import type { Problem } from './diagnostics';
import type { Environment } from './schema';
import type { TomlLines } from './toml-lines';

/** A checked environment, and where each key stands in its file. */
export interface LoadedEnvironment {
  readonly environment: Environment;
  readonly lineOf: TomlLines;
}

/**
 * What two environments cannot share: a beginning of their names, on one engine their subnet and ports, in one cluster its machines' ports.
 *
 * @param all what must not be in the way of what the messages suggest
 */
export function conflicts(
  { environment: one }: LoadedEnvironment,
  { environment: other, lineOf }: LoadedEnvironment,
  all: readonly LoadedEnvironment[],
): Problem[] {
  const problemAt = (path: readonly string[], message: string): Problem => ({
    file: other.file,
    line: lineOf(path),
    key: path.join('.'),
    message,
  });
  const problems: Problem[] = [];
  // The names come sorted, so only the second can begin with the first.
  if (other.name.startsWith(`${one.name}-`)) {
    problems.push({
      file: other.file,
      message: `the name begins with "${one.name}-", so cdktf destroy '${one.name}-*' would destroy it together with ${one.file}; rename one of the files`,
    });
  }
  if (engineOf(one) !== engineOf(other)) return problems;
  if (one.platform.kind === 'kubernetes') {
    // Names begin with the environment's; machines' ports are the cluster's, whatever the namespace.
    const taken = onMachines(one);
    return [
      ...problems,
      ...onMachines(other)
        .filter(({ port }) => taken.some((each) => each.port === port))
        .map(({ key, port }) =>
          problemAt(
            ['load_balancer', key],
            `${port} is a port of every machine of the cluster, and ${one.file} has it; give one of them another`,
          ),
        ),
    ];
  }
  const neighbours = all.map(({ environment }) => environment).filter((each) => engineOf(each) === engineOf(other));
  if (overlap(parseSubnet(one.network.subnet), parseSubnet(other.network.subnet))) {
    problems.push(
      problemAt(
        ['network', 'subnet'],
        `${other.network.subnet} overlaps ${one.network.subnet} of ${one.file} on the same engine; give one of them another private subnet${suchAs(freeSubnet(neighbours))}`,
      ),
    );
  }
  const ports = sharedPorts(one, other);
  if (ports.length > 0) {
    const published = ports.map((port) => `${other.load_balancer.bind_address}:${port}`).join(' and ');
    problems.push(
      problemAt(
        ['load_balancer', 'bind_address'],
        `${published} ${ports.length === 1 ? 'is' : 'are'} also published by ${one.file} on the same engine; ${wayOut(one, other, neighbours)}`,
      ),
    );
  }
  return problems;
}

/** What environments share: a Docker Engine or a cluster. */
function engineOf({ engine, platform }: Environment): string {
  if (platform.kind === 'kubernetes') return `kubernetes:${platform.context}`;
  return engine.host ?? 'unix:///var/run/docker.sock';
}

/** The ports that an environment takes of every machine of its cluster. */
function onMachines({ platform, load_balancer: balancer }: Environment) {
  if (platform.publish !== 'node-port') return [];
  return (['http_port', 'https_port'] as const).map((key) => ({ key, port: balancer[key] }));
}

function sharedPorts(one: Environment, other: Environment): number[] {
  const addresses = [one.load_balancer.bind_address, other.load_balancer.bind_address];
  if (addresses[0] !== addresses[1] && !addresses.includes(EVERY_ADDRESS)) return [];
  const taken = portsOf(one);
  return portsOf(other).filter((port) => taken.includes(port));
}

const EVERY_ADDRESS = '0.0.0.0';

function portsOf({ load_balancer: { http_port: http, https_port: https } }: Environment): number[] {
  return [http, https];
}

function wayOut(one: Environment, other: Environment, neighbours: readonly Environment[]): string {
  const everywhere = [one, other].some(({ load_balancer: balancer }) => balancer.bind_address === EVERY_ADDRESS);
  if (!everywhere) {
    return `give one of them another bind_address${suchAs(freeAddress(other, neighbours))}, or other ports`;
  }
  return `"${EVERY_ADDRESS}" is every address of the Docker host, so give one of them other ports${suchAs(freePorts(neighbours))}`;
}

function suchAs(suggestion: string | undefined): string {
  return suggestion === undefined ? '' : `, such as ${suggestion}`;
}

function freeSubnet(neighbours: readonly Environment[]): string | undefined {
  const taken = neighbours.map(({ network }) => parseSubnet(network.subnet));
  const candidates = numbers(10, 255).map((number) => `172.30.${number}.0/24`);
  const free = candidates.find((candidate) => !taken.some((subnet) => overlap(subnet, parseSubnet(candidate))));
  return free && `"${free}"`;
}

/** Where `other` could be published. Linux answers on every address that begins with 127. */
function freeAddress(other: Environment, neighbours: readonly Environment[]): string | undefined {
  const free = numbers(2, 254)
    .map((number) => `127.0.0.${number}`)
    .find((address) => {
      const moved = { ...other, load_balancer: { ...other.load_balancer, bind_address: address } };
      return neighbours.every((each) => each.name === other.name || sharedPorts(each, moved).length === 0);
    });
  return free && `"${free}"`;
}

function freePorts(neighbours: readonly Environment[]): string | undefined {
  const taken = [CONTROL_PORT, ...neighbours.flatMap(portsOf)];
  const offset = numbers(0, 500).find((number) => !taken.includes(8080 + number) && !taken.includes(8443 + number));
  return offset === undefined ? undefined : `http_port = ${8080 + offset} and https_port = ${8443 + offset}`;
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
