import type { Tool } from './findings';

/** A finding of a scanner that stays, and why. */
export interface Exception {
  readonly tool: Tool;
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
    rule: 'DL3059',
    file: '__tests__/stand-in/Dockerfile',
    reason: 'the steps have reasons of their own, and the image is of tests alone',
  },
  {
    tool: 'hadolint',
    rule: 'DL4006',
    reason: 'the last command of these pipes decides: it looks for the version that must have been installed',
  },
  {
    tool: 'shellcheck',
    rule: 'SC1090',
    reason: 'entry points of images read hooks of the user, as those of the official images do',
  },
  {
    tool: 'shellcheck',
    rule: 'SC2329',
    file: 'runtime/identity-server/entrypoint.sh',
    reason: 'the function is called by a trap',
  },
  {
    tool: 'shellcheck',
    rule: 'SC2013',
    file: 'runtime/identity-server/entrypoint.sh',
    reason: 'names of variables are words without spaces',
  },
  {
    tool: 'shellcheck',
    rule: 'SC2016',
    file: 'runtime/identity-server/entrypoint.sh',
    reason: 'the text that is looked for has a dollar sign',
  },
  {
    tool: 'shellcheck',
    rule: 'SC2128',
    file: 'images/sandbox/postgresql/docker-entrypoint.sh',
    reason: 'the first element is meant, the script itself',
  },
  { tool: 'shellcheck', rule: 'SC2012', reason: 'revisions are sought by their time; their names are hexadecimal' },
  {
    tool: 'checkov',
    rule: 'CKV_DOCKER_7',
    reason: 'the base image is an argument, which is given with its tag or digest',
  },
  {
    tool: 'checkov',
    rule: 'CKV_DOCKER_2',
    reason: 'health checks are part of the containers, which ask what their role needs',
  },
  {
    tool: 'checkov',
    rule: 'CKV_DOCKER_3',
    reason: 'as in the official images, the user is the container’s: the topology names one for each',
  },
  {
    tool: 'checkov',
    rule: 'CKV_DOCKER_8',
    file: 'images/identity-server/Dockerfile',
    reason: 'the root user is of the first stage alone; the image keeps the user of its base',
  },
  {
    tool: 'checkov',
    rule: 'CKV_GHA_7',
    file: '.github/workflows/teardown.yml',
    reason: 'it builds nothing: the inputs are the environment and its name once more, as a confirmation',
  },
  {
    tool: 'sslyze',
    rule: 'certificate_path_validation',
    reason: 'the environment’s own authority is in no store; who needs a public one supplies the certificate',
  },
];
