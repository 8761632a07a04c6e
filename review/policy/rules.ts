import type { RuleId } from '../../catalogue/policy-rule-ids';
import { databaseContainerOf } from '../../topology/topology';
import { uploadedFiles } from '../plan/differences';
import { type Attributes, isList, isObject, type Json } from '../plan/plan-json';
import type { PolicyInput, Rule, Violation } from './policy';

const LOOPBACK = /^(127\.|::1$|localhost$)/;
/** Capabilities with which a job may hand files to their readers. */
const JOB_CAPABILITIES = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER'];
/** Where the administration of the product answers; nobody needs them from outside. */
const ADMINISTRATION_PATHS = ['/carbon', '/services'];
const DEFAULT_CREDENTIALS = '(?:admin|password|passw0rd|postgres|root|secret|changeme|changeit|wso2|wso2carbon)';
/** `password = "…"` in TOML and SQL, `PASSWORD=…` in the environment, with one of the values that everybody tries first. */
const DEFAULT_PASSWORD = new RegExp(
  `(?:passw(?:or)?d|secret|passphrase)["']?\\s*[=:]\\s*["']?${DEFAULT_CREDENTIALS}["']?\\s*$`,
  'im',
);
/** A URL with user and password. */
const URL_PASSWORD = /[a-z]+:\/\/[^\s/:@$]+:[^\s/@$]+@/i;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

interface PlannedContainer {
  readonly stack: string;
  readonly address: string;
  readonly values: Attributes;
  /** Whether it is meant to end. */
  readonly job: boolean;
}

/** The containers as they will be after the apply. */
function containers({ stacks }: PolicyInput): PlannedContainer[] {
  return stacks.flatMap(({ name: stack, plan }) =>
    (plan.resource_changes ?? []).flatMap(({ type, address, change: { after } }) =>
      type === 'docker_container' && after
        ? [{ stack, address, values: after, job: after.attach === true && after.must_run === false }]
        : [],
    ),
  );
}

/** A rule about each container, or about each of those that keep running. */
function forContainers(
  which: 'all' | 'long-running',
  found: (container: PlannedContainer, input: PolicyInput) => string[],
) {
  return (input: PolicyInput): Violation[] =>
    containers(input)
      .filter(({ job }) => which === 'all' || !job)
      .flatMap((container) =>
        found(container, input).map((text) => ({ stack: container.stack, where: container.address, found: text })),
      );
}

function texts(value: Json | undefined): string[] {
  return isList(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

function blocks(value: Json | undefined): Attributes[] {
  return isList(value) ? value.filter(isObject) : [];
}

/** Nodes of the topology whose containers are in the plans, by stack. */
function nodesByStack(input: PolicyInput): Map<string, string[]> {
  const names = input.topology.nodes.map(({ containerName }) => containerName);
  const found = new Map<string, string[]>();
  for (const { stack, values } of containers(input)) {
    const name = String(values.name);
    if (names.includes(name)) found.set(stack, [...(found.get(stack) ?? []), name]);
  }
  return found;
}

/** Whether these plans only take away, where nothing can be asked of what stays. */
function destroysAll(input: PolicyInput): boolean {
  return containers(input).length === 0;
}

const statefulDestroy: Rule['check'] = ({ topology, stacks }) => {
  if (!topology.protected) return [];
  // Also of volumes that an earlier version of this project has made.
  const remade = Object.values(topology.volumes).filter(({ loss }) => loss === undefined);
  return stacks.flatMap(({ name: stack, plan }) =>
    (plan.resource_changes ?? []).flatMap(({ type, address, change: { actions, before } }): Violation[] => {
      if (!actions.includes('delete') && !actions.includes('forget')) return [];
      const name = String(before?.name);
      const stateful =
        (type === 'docker_volume' && !remade.some((volume) => volume.name === name)) ||
        type === 'docker_network' ||
        (type === 'docker_container' && name === databaseContainerOf(topology));
      if (!stateful) return [];
      return [{ stack, where: address, found: actions.includes('create') ? 'is replaced' : 'is destroyed' }];
    }),
  );
};

const preventDestroy: Rule['check'] = ({ topology, stacks }) => {
  if (!topology.protected) return [];
  const stateful = Object.values(topology.volumes).filter(({ loss }) => loss !== undefined);
  const kept = [...stateful.map(({ name }) => name), topology.database.container?.containerName];
  return stacks.flatMap(({ name: stack, plan, configuration }) =>
    (plan.resource_changes ?? []).flatMap(({ type, address, change: { after } }): Violation[] => {
      const [, id = ''] = address.split('.');
      const guarded = configuration.resource?.[type]?.[id]?.lifecycle?.prevent_destroy === true;
      const isKept = /^docker_(volume|container)$/.test(type) && kept.includes(String(after?.name));
      return isKept && !guarded ? [{ stack, where: address, found: 'has no prevent_destroy' }] : [];
    }),
  );
};

const imagePinned: Rule['check'] = ({ topology, stacks }) =>
  stacks.flatMap(({ name: stack, plan }) =>
    (plan.resource_changes ?? []).flatMap(({ type, address, change: { after } }): Violation[] => {
      if (type !== 'docker_image' || typeof after?.name !== 'string') return [];
      const { name } = after;
      if (name.includes('@sha256:')) return [];
      const tag = /:([^/:]+)$/.exec(name)?.[1];
      if (tag === undefined || tag === 'latest')
        return [{ stack, where: address, found: `${name} may be another image tomorrow` }];
      return topology.protected ? [{ stack, where: address, found: `${name} has no digest` }] : [];
    }),
  );

const secretsSupplied: Rule['check'] = (input) => {
  const { topology } = input;
  if (!topology.protected) return [];
  return containers(input)
    .filter(
      ({ values }) =>
        values.name === topology.jobs.secrets.name &&
        !texts(values.env).some((entry) => entry.startsWith('REQUIRED_SECRETS=')),
    )
    .map(({ stack, address }) => ({ stack, where: address, found: 'generates the secrets that nobody has supplied' }));
};

const publishedWithoutTls = forContainers('all', ({ values }, { topology: { loadBalancer } }) =>
  blocks(values.ports).flatMap(({ ip, external, internal }) => {
    const address = typeof ip === 'string' && ip !== '' ? ip : '0.0.0.0';
    const isBalancer = values.name === loadBalancer.containerName;
    // Over the HTTP port the load balancer answers with nothing but a redirect to HTTPS.
    if (
      LOOPBACK.test(address) ||
      (isBalancer && [loadBalancer.httpPort, loadBalancer.httpsPort].includes(Number(internal)))
    )
      return [];
    return [`publishes ${address}:${external}, which is not the load balancer's HTTPS`];
  }),
);

const defaultCredential = forContainers('all', ({ values }) => [
  ...texts(values.env)
    .filter((entry) => DEFAULT_PASSWORD.test(entry) || URL_PASSWORD.test(entry))
    .map((entry) => `variable ${entry.split('=')[0]} has a password in clear text`),
  ...[...uploadedFiles(values.upload)].flatMap(([file, content]) => {
    const line = content
      .split('\n')
      .findIndex((text) => DEFAULT_PASSWORD.test(text) || URL_PASSWORD.test(text) || PRIVATE_KEY.test(text));
    return line < 0 ? [] : [`${file} has a credential in clear text in line ${line + 1}`];
  }),
]);

const nodesInOneStack: Rule['check'] = (input) =>
  [...nodesByStack(input)]
    .filter(([, nodes]) => nodes.length > 1)
    .map(([stack, nodes]) => ({ stack, where: stack, found: `holds ${nodes.join(' and ')}` }));

const nodeCount: Rule['check'] = (input) => {
  const nodes = [...nodesByStack(input).values()].flat().length;
  return nodes >= 2 || destroysAll(input)
    ? []
    : [
        {
          where: 'identity_server.nodes',
          found: `after the apply there ${nodes === 1 ? 'is one node' : 'is no node'}`,
        },
      ];
};

const healthCheck = forContainers('long-running', ({ values }) => {
  const [test = 'NONE'] = texts(blocks(values.healthcheck)[0]?.test);
  if (test === 'NONE') return ['has no health check'];
  return values.wait === true ? [] : ['the apply does not wait until it is healthy'];
});

const memoryLimit = forContainers('long-running', ({ values }) =>
  Number(values.memory ?? 0) > 0 ? [] : ['has no memory limit'],
);

const logLimit = forContainers('all', ({ values }) => {
  const options = isObject(values.log_opts) ? values.log_opts : {};
  const limited = values.log_driver !== 'json-file' || (options['max-size'] && options['max-file']);
  return limited ? [] : ['its log grows without limit'];
});

const rootUser = forContainers('long-running', ({ values }) => {
  const user = typeof values.user === 'string' ? values.user : '';
  return user === '' || /^(0|root)(:|$)/.test(user) ? ['runs as root'] : [];
});

const privileged = forContainers('all', ({ values, job }) => {
  const capabilities = blocks(values.capabilities)[0];
  const added = texts(capabilities?.add).filter((name) => !job || !JOB_CAPABILITIES.includes(name));
  return [
    ...(values.privileged === true ? ['is privileged'] : []),
    ...(texts(capabilities?.drop).includes('ALL') ? [] : ['keeps the default capabilities']),
    ...(added.length > 0 ? [`gets ${added.join(', ')}`] : []),
    ...(texts(values.security_opts).some((option) => option.startsWith('no-new-privileges'))
      ? []
      : ['can gain privileges by a set-uid program']),
  ];
});

const hostAccess = forContainers('all', ({ values }) => [
  ...['network_mode', 'pid_mode', 'ipc_mode', 'userns_mode']
    .filter((key) => values[key] === 'host')
    .map((key) => `shares the host's namespace: ${key}`),
  ...[
    ...blocks(values.volumes).map(({ host_path: path }) => path),
    ...blocks(values.mounts).map(({ type, source }) => (type === 'bind' ? source : '')),
    ...blocks(values.devices).map(({ host_path: path }) => path),
  ]
    .filter((path) => typeof path === 'string' && path !== '')
    .map((path) => `has ${path} of the Docker host`),
]);

const localState: Rule['check'] = ({ topology }) =>
  topology.protected && topology.stacks.some(({ backend }) => backend.type === 'local')
    ? [{ where: 'state.backend', found: 'is "local"' }]
    : [];

const engineTls: Rule['check'] = ({ topology: { engineHost = '' } }) =>
  /^tcp:\/\/(?!(127\.|localhost)).*:2375$/.test(engineHost)
    ? [{ where: 'engine.host', found: `${engineHost} is the port of an engine without TLS` }]
    : [];

const administrationPaths: Rule['check'] = ({ topology: { loadBalancer } }) => {
  if (LOOPBACK.test(loadBalancer.bindAddress)) return [];
  const open = ADMINISTRATION_PATHS.filter(
    (path) => !loadBalancer.deniedPaths.some((denied) => path.startsWith(denied.replace(/\/$/, ''))),
  );
  return open.length === 0
    ? []
    : [{ where: 'load_balancer.denied_paths', found: `${open.join(' and ')} answer on ${loadBalancer.bindAddress}` }];
};

const BY_ID: Readonly<Record<RuleId, Omit<Rule, 'id'>>> = {
  'stateful-destroy': {
    reason: 'a protected environment loses data, or what its data cannot do without',
    fix: 'undo the change that forces it, or set protected = false in a change of its own that is reviewed and applied first',
    check: statefulDestroy,
  },
  'prevent-destroy': {
    reason: 'without prevent_destroy a mistake destroys data of a protected environment',
    fix: 'give the resource lifecycle { prevent_destroy = true }, as the constructs of this project do',
    check: preventDestroy,
  },
  'local-state': {
    reason:
      'the state of a protected environment is on one machine, without lock for others, and lost with that machine',
    fix: 'set [state] backend to s3, gcs, azurerm, pg, http or consul',
    check: localState,
  },
  'image-pinned': {
    reason: 'what was reviewed is not what will run: a tag can be moved, "latest" is moved by definition',
    fix: 'name the image by digest, such as "nginx@sha256:…", in identity_server.image, database.image and load_balancer.image',
    check: imagePinned,
  },
  'secrets-supplied': {
    reason:
      'a password or encryption key that was generated on the Docker host is known there alone, and lost with that host',
    fix: 'apply: the first job names every secret that is missing; put each on the Docker host with "make import-secret"',
    check: secretsSupplied,
  },
  'nodes-in-one-stack': {
    reason: 'Terraform stops all nodes of a stack before it starts the first again',
    fix: 'give every node a stack of its own',
    check: nodesInOneStack,
  },
  'node-count': {
    reason: 'a single node is not active-active: every change and every failure interrupts the service',
    fix: 'set identity_server.nodes to 2 or more',
    check: nodeCount,
  },
  'published-without-tls': {
    reason: 'other machines reach a port without TLS, or around the load balancer',
    fix: "publish the load balancer's ports alone, or bind to 127.0.0.1",
    check: publishedWithoutTls,
  },
  'administration-paths': {
    reason: "the product's administration can be reached from other machines",
    fix: `add ${ADMINISTRATION_PATHS.map((path) => `"${path}"`).join(' and ')} to load_balancer.denied_paths`,
    check: administrationPaths,
  },
  'engine-tls': {
    reason: 'whoever reaches a Docker Engine without TLS is root on its machine',
    fix: 'set engine.host to ssh://…, or to tcp://…:2376 with certificates in DOCKER_CERT_PATH',
    check: engineTls,
  },
  'default-credential': {
    reason: 'a password in a plan, an image or a container definition is known to everybody who can read one of them',
    fix: 'let the file refer to the secret, such as "$env{ADMIN_PASSWORD}", which is read from a volume on the Docker host',
    check: defaultCredential,
  },
  privileged: {
    reason: 'somebody who breaks into the container gets more of the host than it needs',
    fix: 'drop ALL capabilities, set no-new-privileges, and leave privileged off',
    check: privileged,
  },
  'root-user': {
    reason: 'a server that runs as root in its container is root outside after an escape',
    fix: 'set user to a uid:gid other than 0',
    check: rootUser,
  },
  'host-access': {
    reason:
      'files, devices and namespaces of the Docker host lead out of the container; its socket makes the container root of the host',
    fix: 'use named volumes and the environment’s own network',
    check: hostAccess,
  },
  'health-check': {
    reason: 'without a health check that is waited for, the next node is stopped while this one does not serve yet',
    fix: 'declare healthcheck, and wait = true',
    check: healthCheck,
  },
  'memory-limit': {
    reason: 'one component can take the memory of all others on the host',
    fix: 'set memory and memory_swap',
    check: memoryLimit,
  },
  'log-limit': {
    reason: "the log fills the Docker host's disk",
    fix: 'set log_opts max-size and max-file',
    check: logLimit,
  },
};

/** The policy, in the order in which it is reported. */
export const RULES: readonly Rule[] = Object.entries(BY_ID).map(([id, rule]) => ({ id, ...rule }));
