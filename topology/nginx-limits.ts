import type { LoadBalancerCapacity } from '../environment/load-balancer-capacity';

/** Requests of one client address at a time, and networks of clients with another limit. */
export interface ClientLimit {
  readonly requests: number;
  readonly networks: readonly { readonly network: string; readonly requests: number }[];
}

interface Limits {
  readonly capacity: LoadBalancerCapacity;
  readonly clientLimit: ClientLimit;
}

/**
 * How long a client may keep what it has, how much of it, and the counters of requests; for the http block. A connection is counted
 * once it has sent a whole header: those that have not are bounded by their number and by time.
 */
export function connectionLimits({ clientLimit }: Limits): string {
  return `  # A silent client loses its connection by these, one that is not needed any more, too.
  client_header_timeout 15s;
  client_body_timeout 20s;
  send_timeout 30s;
  keepalive_timeout 60s;
  reset_timedout_connection on;
  http2_max_concurrent_streams 64;
  # Authorization requests carry signed request objects in the URL; a node takes 64 KiB in all.
  large_client_header_buffers 2 32k;
  # Larger bodies wait in /tmp, which is memory of a fixed size.
  client_body_buffer_size 64k;
  client_max_body_size 10m;

${clientGroups(clientLimit)}  limit_conn_zone $server_name zone=requests:32k;
  limit_conn_status 429;
  # The access log has them.
  limit_conn_log_level info;
`;
}

/** The limits of requests at a time; for the public server. */
export function requestLimits({ capacity, clientLimit }: Limits): string {
  return `    error_page 429 @too_many;
    limit_conn requests ${capacity.requests};
${limitsOf(clientLimit)
  .map((requests) => `    limit_conn client_${requests} ${requests};\n`)
  .join('')}`;
}

/** What a client is told that has reached one of them. */
export const TOO_MANY_REQUESTS = `
    location @too_many {
      internal;
      default_type text/html;
      add_header Retry-After 1 always;
      add_header Strict-Transport-Security "max-age=63072000" always;
      return 429 "<!doctype html><title>Too many requests</title><h1>Too many requests</h1><p>Please try again in a second.</p>\\n";
    }
`;

function limitsOf({ requests, networks }: ClientLimit): number[] {
  return [...new Set([requests, ...networks.map((each) => each.requests)])];
}

/**
 * A limit is fixed where it stands, so each number has a counter of its own, which counts only the clients that it is for. The key is
 * the same with networks and without: Nginx refuses a reload that gives a counter another key.
 */
function clientGroups(limit: ClientLimit): string {
  const groups = limitsOf(limit).map(
    (requests) => `  map $client_limit $client_${requests} {
    ${requests} $binary_remote_addr;
    default "";
  }
  limit_conn_zone $client_${requests} zone=client_${requests}:2m;
`,
  );
  return `  geo $client_limit {
    default ${limit.requests};
${limit.networks.map(({ network, requests }) => `    ${network} ${requests};\n`).join('')}  }
${groups.join('')}`;
}
