import { MAX_NODES } from '../environment/addresses';
import type { NginxConfProps } from './nginx-props';

/** No node's answer is taken for it: Nginx looks at its own statuses only. It is never sent. */
export const ONLY_NODE_STATUS = 418;

/** How long the only node may take to accept a connection. */
const ONLY_NODE_SECONDS = 10;

/** How long each node may take in a second attempt. */
const SECOND_ATTEMPT_SECONDS = 5;

/** A location with a page of its own has none of its server's, so that none leads from there to another attempt. */
const NO_SECOND_ATTEMPT = 'error_page 429 @too_many;';

type Routed = Pick<NginxConfProps, 'nodes' | 'affinity'>;

/** The file that routing.js keeps while all nodes are in rotation. It is another one for another number of nodes, which a reload may bring. */
export function allInRotationFile(nodes: readonly unknown[]): string {
  return fileOf(nodes.length);
}

/** The same file of every other number of nodes that an environment may have. */
export function filesOfOtherNumbers(nodes: readonly unknown[]): string[] {
  return Array.from({ length: MAX_NODES }, (_, index) => index + 1)
    .filter((number) => number > 1 && number !== nodes.length)
    .map(fileOf);
}

function fileOf(number: number): string {
  return `/tmp/${number}-nodes-in-rotation`;
}

/**
 * How a request gets its node, for the http block. Without a script, while nothing has to be decided: the node that the cookie names, or a
 * drawn one. With routing.js, where a node is out of rotation.
 */
export function routingVariables({ nodes, affinity }: Routed): string {
  const share = (100 / nodes.length).toFixed(2);
  const drawn = nodes.map(({ name }, index) => `    ${index === nodes.length - 1 ? '*' : `${share}%`} ${name};\n`);
  return `  js_path .;
  js_import routing.js;
  js_shared_dict_zone zone=nodes:64k;
  js_set $decided routing.route;
  js_var $only_node;
  # Not all servers set $route, and the log has it in each.
  uninitialized_variable_warn off;
  split_clients $request_id $drawn {
${drawn.join('')}  }
${affinity ? stickiness(nodes) : ''}`;
}

/** Sets `$route`, in the public server. */
export function routeOfRequest({ nodes, affinity }: Routed): string {
  return `    set $route ${affinity ? '$wanted' : '$drawn'};
    if (!-f ${allInRotationFile(nodes)}) {
      set $route $decided;
    }
${affinity ? '    add_header Set-Cookie $route_cookie always;\n' : ''}`;
}

/** What a request goes through before it is sent to its node, in a location. */
export const SEND_TO_ROUTE = `      if ($route = "") {
        return 503;
      }
      if ($only_node) {
        return ${ONLY_NODE_STATUS};
      }
      proxy_pass https://$route;
`;

/**
 * Where a request goes that one node alone can take, in the public server. To try another node soon is right where there is one; a node that
 * has all the load is slow to accept a connection, and to give up on it would be the failed request.
 */
export const ONLY_NODE = `
    location @only_node {
      internal;
      proxy_connect_timeout ${ONLY_NODE_SECONDS}s;
      ${NO_SECOND_ATTEMPT}
      proxy_pass https://$route;
    }
`;

/**
 * Where a request goes that no node has accepted a connection for, in the public server: all are slow, as on a machine that is short of
 * processors, and the nodes are tried once more, with more patience. Nothing of the request has been sent yet, so it may be any. One of
 * which something was sent keeps its status.
 */
export const SECOND_ATTEMPT = `    error_page 502 = @again_after_502;
    error_page 504 = @again_after_504;
`;

export const SECOND_ATTEMPT_LOCATIONS = [502, 504]
  .map(
    (status) => `
    location @again_after_${status} {
      internal;
      ${NO_SECOND_ATTEMPT}
      if ($upstream_connect_time ~ "\\d") {
        return ${status};
      }
      proxy_connect_timeout ${SECOND_ATTEMPT_SECONDS}s;
      proxy_pass https://$route;
    }
`,
  )
  .join('');

/** The affinity cookie is sent where the client's differs. */
function stickiness(nodes: Routed['nodes']): string {
  return `  map $cookie_ISROUTE $wanted {
${nodes.map(({ name }) => `    ${name} ${name};\n`).join('')}    default $drawn;
  }
  # SAML and form_post answers come back cross-site, so the cookie must travel with them.
  map $route $cookie_of_route {
    "" "";
    default "ISROUTE=$route; Path=/; Secure; HttpOnly; SameSite=None";
  }
  map "$route $cookie_ISROUTE" $route_cookie {
${nodes.map(({ name }) => `    "${name} ${name}" "";\n`).join('')}    default $cookie_of_route;
  }
`;
}
