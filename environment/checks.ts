import { DATABASE_ENGINES, databaseEnginesWith } from '../catalogue/database-engines';
import { addressesOf } from '../catalogue/database-engines/jdbc-url';
import { DISTRIBUTIONS } from '../catalogue/distributions';
import type { RuleId } from '../catalogue/policy-rule-ids';
import type { TomlTable } from '../catalogue/toml';
import { acceleratorProblem } from './accelerator';
import { connectionBudget, databaseTls, externalServers, RESERVED_CONNECTIONS } from './database';
import { extensionProblems } from './deployment-toml-extensions';
import { checkPlatform } from './platform';
import { type EnvironmentSettings, settingsSchema } from './schema';
import { STATE_BACKENDS } from './settings/state';
import type { z } from './zod';

/** MySQL takes 32 characters, two of which tell the second role from the first. */
const LONGEST_USERNAME_OF_TWO = 30;

/** The whole schema: each table for itself, and how they fit together. */
export const environmentSchema = settingsSchema.superRefine(checkSettings);

/** What no key can tell for itself: how the tables of a configuration fit together. Every problem is reported, not only the first. */
function checkSettings(settings: EnvironmentSettings, context: z.RefinementCtx): void {
  checkPlatform(settings, context);
  checkUsers(settings, context);
  checkImage(settings, context);
  checkDatabase(settings, context);
  checkDeploymentToml(settings, context);
  checkProtected(settings, context);
}

function checkUsers({ identity_server: server }: EnvironmentSettings, context: z.RefinementCtx): void {
  const name = server.admin_username;
  if (name !== undefined && DISTRIBUTIONS[server.distribution].emailUsernames && !name.includes('@')) {
    context.addIssue({
      code: 'custom',
      path: ['identity_server', 'admin_username'],
      message: `must be an e-mail address: in ${server.distribution} all user names are`,
    });
  }
}

function checkImage(
  { identity_server: server, database: { engine } }: EnvironmentSettings,
  context: z.RefinementCtx,
): void {
  const refuse = (key: string, message: string) =>
    context.addIssue({
      code: 'custom',
      path: ['identity_server', ...key.split('.')],
      message,
    });
  const { accelerator, driver } = server.build ?? {};
  const { title, driverArtifact, driverVersion } = DATABASE_ENGINES[engine];
  const { accelerator: merged } = DISTRIBUTIONS[server.distribution];
  const problem = accelerator === undefined ? undefined : acceleratorProblem(accelerator, server.distribution);
  if (problem !== undefined) refuse('build.accelerator', problem);
  if (accelerator === undefined && server.image === undefined && merged) {
    refuse(
      'build.accelerator',
      `is required with ${server.distribution}: the path of the accelerator's zip, or set identity_server.image to an image that has the accelerator`,
    );
  }
  if (merged !== undefined && server.port_offset !== 3) {
    refuse(
      'port_offset',
      `found ${server.port_offset}; with the accelerator only 3 works: its own pages call the server on port 9446, which stands in their web.xml`,
    );
  }
  if (driver !== undefined && server.driver_jar !== undefined) {
    refuse('driver_jar', 'is a second driver beside identity_server.build.driver; remove one of them');
  }
  if (driver !== undefined && !driver.startsWith(`${driverArtifact}:`)) {
    refuse(
      'build.driver',
      `found "${driver}", which is no driver of ${title}; allowed is ${driverArtifact} in any version, such as "${driverArtifact}:${driverVersion}"`,
    );
  }
}

function checkDatabase(
  { identity_server: server, database: settings }: EnvironmentSettings,
  context: z.RefinementCtx,
): void {
  const { title, adminUsername, container, schemasOfService, limitsConnections } = DATABASE_ENGINES[settings.engine];
  const refuse = (key: string, message: string) =>
    context.addIssue({ code: 'custom', path: ['database', key], message });
  const external = externalServers(settings) !== undefined;
  checkHosts(settings, (message) => refuse('hosts', message));

  const { databaseEngines } = DISTRIBUTIONS[server.distribution];
  if (databaseEngines !== undefined && !databaseEngines.includes(settings.engine)) {
    refuse(
      'engine',
      `found "${settings.engine}", which ${server.distribution} cannot work with: the accelerator throws "Unhandled DB driver" on the driver of ${title}; use ${oneOf(databaseEngines)}, or Identity Server without the accelerator`,
    );
  }
  if (container === undefined && !external) {
    refuse(
      'engine',
      `${title} is not run as a container; set database.host to an existing server, or use ${oneOf(databaseEnginesWith((dbms) => dbms.container !== undefined))}`,
    );
  }
  if (container === undefined && settings.schema !== 'manual') {
    refuse('schema', `must be "manual" with ${title}: its client is in no image that this project could use`);
  }
  if (settings.schema === 'manual' && !external) {
    refuse('schema', '"manual" is for an existing server; set database.host, or leave the schema to the environment');
  }
  if (schemasOfService !== (settings.service !== undefined)) {
    refuse(
      'service',
      settings.service === undefined
        ? `is required with ${settings.engine}`
        : `is for ${oneOf(databaseEnginesWith((dbms) => dbms.schemasOfService))}, not for ${settings.engine}`,
    );
  }
  if (!external && databaseTls({ database: settings }) !== 'off') {
    refuse('tls', `"${settings.tls}" is for an existing server; the container is reached on the private network alone`);
  }
  const verified = databaseTls({ database: settings }) === 'verified';
  if (settings.ca_file !== undefined && !verified) {
    refuse('ca_file', 'is of use only where the certificate is checked; set database.tls = "verified", too');
  }
  const createsSchemas = container !== undefined && settings.schema === 'automatic';
  if (external && createsSchemas && !container.takesVerifiers && databaseTls({ database: settings }) === 'off') {
    refuse(
      'tls',
      `"off" would send the password of the servers' login in clear text: the schema job creates that login, and ${title} takes no verifier in its place; set "verified" or "required", or create databases and login yourself and set database.schema = "manual"`,
    );
  }
  if (createsSchemas && !container.clientAuthorities.public && verified && settings.ca_file === undefined) {
    refuse(
      'ca_file',
      `is required with ${settings.engine} and tls = "verified": the schema job's client knows no public authorities; give the PEM file of those that issue the server's certificate`,
    );
  }
  if (settings.password_revision > 1 && schemasOfService) {
    refuse(
      'password_revision',
      `must be 1 with ${title}: each database is a user of its own there, and no second one can stand in for it`,
    );
  }
  if (settings.password_revision > 1 && settings.username.length > LONGEST_USERNAME_OF_TWO) {
    refuse(
      'username',
      `must have at most ${LONGEST_USERNAME_OF_TWO} characters where database.password_revision is above 1: the second role is called ${settings.username}_2`,
    );
  }
  const administrator = settings.admin_username ?? adminUsername;
  if (!external && container?.adminRenamable === false && administrator !== adminUsername) {
    refuse(
      'admin_username',
      `found "${administrator}"; the administrator of the ${title} container is always "${adminUsername}"`,
    );
  }
  const known = DISTRIBUTIONS[server.distribution].databases.map(({ name }) => name);
  for (const name of Object.keys(settings.names)) {
    if (!known.includes(name)) {
      context.addIssue({
        code: 'custom',
        path: ['database', 'names', name],
        message: `${server.distribution} has no database of that name (it has: ${known.join(', ')})`,
      });
    }
  }

  const budget = connectionBudget({ identity_server: server, database: settings });
  const sum = `${budget.datasources} datasources × ${budget.poolSize} connections × ${budget.nodes} nodes and ${RESERVED_CONNECTIONS} in reserve make ${budget.connections}`;
  if (external && limitsConnections && settings.max_connections === undefined) {
    refuse(
      'max_connections',
      `is required for an existing server, so that the pools can be checked against it: ${sum}`,
    );
  } else if (settings.max_connections !== undefined && settings.max_connections < budget.connections) {
    const fits = Math.floor((settings.max_connections - RESERVED_CONNECTIONS) / (budget.datasources * budget.nodes));
    const way =
      fits >= 5
        ? `allow at least ${budget.connections}, or set database.pool_size = ${fits}`
        : `allow at least ${budget.connections}`;
    refuse('max_connections', `found ${settings.max_connections}, but ${sum}; ${way}`);
  }
}

/** The servers of a database that fails over. */
function checkHosts(settings: EnvironmentSettings['database'], refuse: (message: string) => void): void {
  const { engine, host, hosts } = settings;
  if (hosts === undefined) return;
  if (host !== undefined)
    refuse('is a second way to say where the database is, beside database.host; remove one of them');
  const servers = externalServers(settings) ?? [];
  const addresses = servers.map((server) => addressesOf([server]));
  const twice = addresses.filter((address, index) => addresses.indexOf(address) !== index);
  if (twice.length > 0)
    refuse(`names ${[...new Set(twice)].join(' and ')} more than once; each entry is another server`);
  const beyond = servers.filter(({ port }) => port > 65535).map((server) => addressesOf([server]));
  if (beyond.length > 0) refuse(`found ${beyond.join(' and ')}; a port is at most 65535`);
  const { title, failover } = DATABASE_ENGINES[engine];
  if (servers.length > 1 && failover.oneHost !== undefined) {
    refuse(`has ${servers.length} entries, but with ${title} there can be only one: ${failover.oneHost}`);
  }
}

function checkDeploymentToml({ identity_server: server }: EnvironmentSettings, context: z.RefinementCtx): void {
  const check = (extension: TomlTable, path: (string | number)[]) => {
    for (const problem of extensionProblems(server.distribution, extension)) {
      const where = ['identity_server', ...path, ...problem.path];
      context.addIssue({ code: 'custom', path: where, message: problem.message });
    }
  };
  check(server.deployment_toml, ['deployment_toml']);
  for (const [index, { node, deployment_toml: extension }] of server.node_overrides.entries()) {
    if (node > server.nodes) {
      context.addIssue({
        code: 'custom',
        path: ['identity_server', 'node_overrides', index, 'node'],
        message: `there are ${server.nodes} nodes`,
      });
    }
    check(extension, ['node_overrides', index, 'deployment_toml']);
  }
}

/**
 * What a protected environment needs and the file alone can tell. The policy asks the plan for the same; here it is found without an
 * engine, in a pull request from anybody, and by those who run plain cdktf, too. A suppression with its reason accepts it in both places.
 */
function checkProtected(
  {
    protected: isProtected,
    identity_server: server,
    database: settings,
    load_balancer: balancer,
    state,
    policy,
  }: EnvironmentSettings,
  context: z.RefinementCtx,
): void {
  if (!isProtected) return;
  const accepted = (rule: RuleId) => policy.suppressions.some((suppression) => suppression.rule === rule);
  const refuse = (rule: RuleId, path: string[], message: string) => {
    if (accepted(rule)) return;
    const way = `or accept it: [[policy.suppressions]] with rule = "${rule}" and a reason`;
    context.addIssue({ code: 'custom', path, message: `${message}; ${way}` });
  };
  if (state.backend === 'local') {
    const others = STATE_BACKENDS.filter((backend) => backend !== 'local').join(', ');
    refuse(
      'local-state',
      ['state', 'backend'],
      `"local" keeps the state of a protected environment on one machine, and it is lost with that machine; use ${others}`,
    );
  }
  const tls = databaseTls({ database: settings });
  if (externalServers(settings) !== undefined && tls !== 'verified') {
    refuse(
      'database-tls',
      ['database', 'tls'],
      `"${tls}" does not check who answers, so whoever stands between can pose as the database; set "verified", with database.ca_file where the certificate is of an authority of your own`,
    );
  }
  const usesDatabaseImage = externalServers(settings) === undefined || settings.schema === 'automatic';
  const images: [string[], string | undefined][] = [
    [['identity_server', 'image'], server.image],
    ...(usesDatabaseImage ? [[['database', 'image'], settings.image] as [string[], string | undefined]] : []),
    [['load_balancer', 'image'], balancer.image],
  ];
  for (const [path, name] of images) {
    if (name?.includes('@sha256:')) continue;
    const found = name === undefined ? 'is missing, and the default' : `found "${name}", which`;
    refuse(
      'image-pinned',
      path,
      `${found} may be another image tomorrow; a protected environment names its images by digest, such as "registry.bank.example/image@sha256:…"`,
    );
  }
  if (server.build !== undefined) {
    refuse(
      'image-pinned',
      ['identity_server', 'build'],
      'makes an image that has no digest; build it once, push it to your registry and name it by digest in identity_server.image',
    );
  }
}

/** Names of which one may be used, in words. */
function oneOf(names: readonly string[]): string {
  return names.length < 3 ? names.join(' or ') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
