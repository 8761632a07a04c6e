import type { ReplayablePath } from '../catalogue/distributions';
import { deniedPattern, isDenied } from './denied-paths';
import { NOTES_ADDRESS, probedUpstream, RESOLVED, SHOWS_TOKEN } from './nginx-names';
import type { NginxConfProps } from './nginx-props';
import { SEND_TO_ROUTE } from './nginx-routing';

/** The parts of nginx.conf that there is one of for each node or path. */

export function upstream(
  node: { name: string; address: string },
  { nodes, nodePort, nodesByName }: NginxConfProps,
): string {
  const resolved = nodesByName ? RESOLVED : '';
  const others = nodes.filter(({ name }) => name !== node.name);
  // Tomcat closes after 60 idle seconds and 200 requests; leaving first avoids writing into a closing connection.
  return `  upstream ${node.name} {
    zone ${node.name} 64k;
    server ${node.address}:${nodePort} max_fails=0${resolved};
${others.map(({ address }) => `    server ${address}:${nodePort} max_fails=0 backup${resolved};\n`).join('')}    keepalive 32;
    keepalive_timeout 30s;
    keepalive_requests 150;
  }
${
  nodesByName
    ? `  upstream ${probedUpstream(node.name)} {
    zone ${probedUpstream(node.name)} 64k;
    server ${node.address}:${nodePort} max_fails=0${resolved};
  }
`
    : ''
}`;
}

/** An exact location beats a pattern, so a denied path gets none. */
export function replayable({ replayablePaths, deniedPaths }: NginxConfProps): ReplayablePath[] {
  return replayablePaths.filter(({ path }) => !isDenied(path, deniedPaths));
}

export function deniedLocation(path: string): string {
  return `
    location ~* "${deniedPattern(path)}" {
      return 403;
    }
`;
}

export function replayableLocation({ path, reason }: ReplayablePath): string {
  return `
    # ${reason}
    location = ${path} {
      proxy_next_upstream error timeout non_idempotent;
${SEND_TO_ROUTE}    }
`;
}

export function probeLocation(
  node: { name: string; address: string },
  { nodePort, nodesByName, healthPath, hostname }: NginxConfProps,
): string {
  const probed = nodesByName ? probedUpstream(node.name) : `${node.address}:${nodePort}`;
  return `
    location = /probe/${node.name} {
      allow 127.0.0.1;
      deny all;
      # Below the interval of the probes, so that routing.js learns that it got no connection.
      proxy_connect_timeout 800ms;
      proxy_read_timeout 1s;
      proxy_next_upstream off;
      proxy_set_header Host ${hostname};
      add_header X-Connect-Time $upstream_connect_time always;
${nodesByName ? `      ${SHOWS_TOKEN}${NOTES_ADDRESS}` : ''}      proxy_pass https://${probed}${healthPath};
    }
`;
}

/** Only the node itself may take itself out of rotation. */
export function drainLocation(node: { name: string; address: string }, { nodesByName }: NginxConfProps): string {
  return `
    location = /drain/${node.name} {
${nodesByName ? '      js_content pods.drain;' : `${onlyFrom(node.address)}      js_content routing.drain;`}
    }
`;
}

export function onlyFrom(...addresses: readonly string[]): string {
  return `${addresses.map((address) => `      allow ${address};\n`).join('')}      deny all;\n`;
}
