import { readFileSync } from 'node:fs';
import type { Topology } from '../../topology/topology';
import { programWith } from '../preflight/host';
import { collide, listenersIn } from '../preflight/listeners';
import type { Published } from './published';

/** Programs by which engines hand on published ports. */
const PROXIES = /^(docker-proxy|rootlessport|rootlesskit|docker-proxy-ru)/;

/** A program of this machine that has the published port in the engine's place; undefined where there is none, or none is seen. */
export function whoAnswers({ loadBalancer }: Topology, published: Published): string | undefined {
  if (published.askedFrom !== 'this machine') return undefined;
  const { httpsPort, httpPort, bindAddress } = loadBalancer;
  const found = listenersIn(sockets())
    .filter(({ port, address }) => [httpsPort, httpPort].includes(port) && collide(address, bindAddress))
    .map(({ port, inode }) => ({ port, program: programWith(inode) }))
    .find(({ program }) => program !== undefined && !PROXIES.test(program));
  return found && `Port ${found.port} of ${bindAddress} is held by ${found.program}`;
}

function sockets(): string {
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .map((file) => {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        return '';
      }
    })
    .join('\n');
}
