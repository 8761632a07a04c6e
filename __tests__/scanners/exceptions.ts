/** A finding of a scanner that stays, and why. */
export interface Exception {
  readonly tool: 'gixy' | 'hadolint';
  readonly rule: string;
  /** File, relative to the project; `nginx.conf` is the generated one. @default - every file */
  readonly file?: string;
  readonly reason: string;
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    tool: 'gixy',
    rule: 'ssrf',
    reason: '$route is a name of the list in topology.js, or nothing: what a client sends never gets into it',
  },
  {
    tool: 'gixy',
    rule: 'http_splitting',
    reason: '$route and with it the cookie is a name of the list in topology.js, which has no line breaks',
  },
  {
    tool: 'gixy',
    rule: 'add_header_redefinition',
    reason: 'pages of the load balancer itself repeat the header that they need, and set no cookie',
  },
  {
    tool: 'gixy',
    rule: 'low_keepalive_requests',
    reason: 'it is of connections to the nodes: Tomcat closes after 200 requests, and leaving first loses none',
  },
  {
    tool: 'gixy',
    rule: 'worker_rlimit_nofile_vs_connections',
    reason: 'the container has the limit (ulimit), derived from the same number',
  },
  {
    tool: 'gixy',
    rule: 'missing_resolver',
    reason: '$route names an upstream of fixed addresses: nothing is resolved',
  },
  {
    tool: 'hadolint',
    rule: 'DL3002',
    file: 'images/identity-server/Dockerfile',
    reason: 'the root user is of the first stage alone; the image keeps the user of its base',
  },
  { tool: 'hadolint', rule: 'DL3066', file: 'images/identity-server/Dockerfile', reason: 'root is in every image' },
  {
    tool: 'hadolint',
    rule: 'DL3008',
    reason: 'Debian’s mirrors keep one version of a package, so a pinned one could not be built a month later',
  },
  {
    tool: 'hadolint',
    rule: 'DL3003',
    file: 'images/sandbox/identity-server/Dockerfile',
    reason: 'the change of folder is meant for that step alone',
  },
  {
    tool: 'hadolint',
    rule: 'SC2046',
    file: 'images/sandbox/identity-server/Dockerfile',
    reason: 'the list of source files is meant to be split; they are ours and have no spaces',
  },
  {
    tool: 'hadolint',
    rule: 'DL4006',
    reason: 'the last command of these pipes decides: it looks for the version that must have been installed',
  },
];
