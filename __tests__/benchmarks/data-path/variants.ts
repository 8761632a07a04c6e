import { LOGS_PATH } from '../../../topology/nginx-logs';

/** Our nginx.conf with one thing taken out, to see what that costs a request. */
export interface Variant {
  /** What is left out, as the page says it. */
  readonly without: string;
  readonly conf: string;
}

type Change = readonly [RegExp, string];

const LOG = /^ {2}access_log \/dev\/stdout .*;$/m;
/** What is logged into files is said in each server; without this, the line above counts. */
const NO_FILES: Change = [/^ {4}include \/tmp\/passed-on.*\n/gm, ''];
const NO_LOG: readonly Change[] = [[LOG, '  access_log off;'], NO_FILES];
const NO_SCRIPT: readonly Change[] = [
  [/^load_module .*\n/m, ''],
  [/^ {2}js_\w+ .*\n/gm, ''],
  [/^ {4}if \(!-f .*\n.*\n {4}\}\n/m, ''],
  [/^ {6}if \(\$only_node\) .*\n.*\n {6}\}\n/gm, ''],
  [/\n {2}# Not published: probes[\s\S]*$/, '}\n'],
];

/** What ours does for a request beyond a static proxy, by name, and how an nginx.conf looks that does not do it. */
const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  'script and access log': [...NO_LOG, ...NO_SCRIPT],
  'access log': NO_LOG,
  'pieces of the access log, line by line instead': [
    [LOG, `  access_log ${LOGS_PATH}/requests.log requests;`],
    NO_FILES,
  ],
  script: NO_SCRIPT,
  'look whether all nodes are in rotation': [[/^ {4}if \(!-f .*\n.*\n {4}\}\n/m, '']],
  'affinity cookie': [
    [/^ {4}set \$route \$wanted;$/m, '    set $route $drawn;'],
    [/^ {4}add_header Set-Cookie .*\n/m, ''],
  ],
  'upstream by the name of a node': [[/proxy_pass https:\/\/\$route;/g, 'proxy_pass https://node-1;']],
  'limits of requests at a time': [[/^ {4}limit_conn .*\n/gm, '']],
  'checks of the path': [[/^ {4}if \(\$(?:request_)?uri .*\n.*\n {4}\}\n/gm, '']],
  'denied paths': [[/^ {4}location ~\* .*\n.*\n {4}\}\n/gm, '']],
  'headers that are removed': [[/^ {2}proxy_set_header (?!Connection)\S+ "";\n/gm, '']],
  'headers that are set beyond the usual': [
    [/^ {2}proxy_set_header X-(Request-ID|Forwarded-(Host|Server|Port)) .*\n/gm, ''],
    [/^ {4}add_header Strict-Transport-Security .*\n/m, ''],
  ],
};

/**
 * Each of them left out of our nginx.conf.
 *
 * @throws when the file has no such thing any more, so that none is reported to cost nothing
 */
export function variantsOf(conf: string): Variant[] {
  return Object.entries(CHANGES).map(([without, changes]) => ({
    without,
    conf: changes.reduce((text, change) => changed(text, change), conf),
  }));
}

function changed(text: string, [part, replacement]: Change): string {
  const result = text.replace(part, () => replacement);
  if (result === text) throw new Error(`our nginx.conf has nothing like ${part}`);
  return result;
}
