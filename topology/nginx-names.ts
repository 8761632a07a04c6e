import { CERTIFICATES_PATH } from './volumes';

/**
 * What nginx.conf has where the nodes are found by name. Nginx asks for the names again and again, and starts also while there is no such
 * name; a name without an address is a node that is not there.
 */

/** The file with the `resolver` line, which the container makes of its own resolv.conf before Nginx starts. */
export const RESOLVER_FILE = '/tmp/resolver.conf';

/**
 * Is there while a load balancer is about to stop. Its health page then says to who sends clients here that it takes no new ones; it serves
 * those that come all the same.
 */
export const LEAVING_FILE = '/tmp/leaving';

/** For the http block and each location that sets headers of its own: by it a node knows the load balancers. */
export const SHOWS_TOKEN = `include ${CERTIFICATES_PATH}/nodes.conf;\n`;

/** For the health page. */
export const UNLESS_LEAVING = `      if (-f ${LEAVING_FILE}) {
        return 503;
      }
`;

/** For the http block. */
export const NAMES_IN_HTTP = `  include ${RESOLVER_FILE};
  js_import pods from pods.js;
`;

/** Further word of a server in an upstream. */
export const RESOLVED = ' resolve';

/** An upstream for the probes alone, which must not go to another node. */
export function probedUpstream(name: string): string {
  return `probed-${name}`;
}

/** What the probes of a node leave behind. */
export const NOTES_ADDRESS = '      js_header_filter pods.noteAddress;\n';
