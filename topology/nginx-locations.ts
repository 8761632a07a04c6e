import type { ReplayablePath } from '../catalogue/distributions';
import { deniedPattern, isDenied } from './denied-paths';
import type { NginxConfProps } from './nginx-props';
import { SEND_TO_ROUTE } from './nginx-routing';

/** The parts of nginx.conf that there is one of for each node or path. */

export function upstream(node: { name: string; address: string }, { nodes, nodePort }: NginxConfProps): string {
  const others = nodes.filter(({ name }) => name !== node.name);
  // Tomcat closes after 60 idle seconds and 200 requests; leaving first avoids writing into a closing connection.
  return `  upstream ${node.name} {
    zone ${node.name} 64k;
    server ${node.address}:${nodePort} max_fails=0;
${others.map(({ address }) => `    server ${address}:${nodePort} max_fails=0 backup;\n`).join('')}    keepalive 32;
    keepalive_timeout 30s;
    keepalive_requests 150;
  }
`;
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
  { nodePort, healthPath, hostname }: NginxConfProps,
): string {
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
      proxy_pass https://${node.address}:${nodePort}${healthPath};
    }
`;
}

export function drainLocation(node: { name: string; address: string }): string {
  return `
    location = /drain/${node.name} {
      allow ${node.address};
      deny all;
      js_content routing.drain;
    }
`;
}
