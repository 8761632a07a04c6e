import { DATABASE_AUTHORITIES_FILE } from '../catalogue/database-engines';
import { authoritiesPem } from '../environment/authorities';
import { databaseTls } from '../environment/database';
import type { Environment } from '../environment/schema';
import { databaseSchemas, schemaFixes } from './database';
import type { Layout } from './layout';
import { NGINX_OWNER } from './load-balancer';
import { runtimeFile } from './runtime-file';
import type { JobsTopology, JobTopology, LoadBalancerTopology, NodeTopology } from './topology';

const DATABASE_OWNER_ROLE = 'wso2_owner';

/** What runs once on the Docker host: secrets, keystores, schemas, the load balancer's configuration. */
export function jobsTopology(
  environment: Environment,
  layout: Layout,
  nodes: readonly NodeTopology[],
  { configuration }: LoadBalancerTopology,
): JobsTopology {
  const { name, identity_server: server, load_balancer: balancer, database, authorities } = environment;
  const { distribution, engine, images, budget, placed, databaseHost, databasePort, databaseAdmin, databaseOwner } =
    layout;
  const { statusUrl } = layout;
  const { stores } = distribution;
  const job = (
    purpose: string,
    image: string,
    script: string,
    variables: Record<string, string>,
    files?: Record<string, string>,
  ): JobTopology => ({
    name: `${name}-${purpose}-job`,
    image,
    script: runtimeFile(`jobs/${script}`),
    environment: variables,
    files,
  });
  const schemaJobs = (): JobsTopology['schema'] => {
    if (database.schema === 'manual' || engine.container === undefined || images.database === undefined)
      return undefined;
    return {
      scripts: job('schema-scripts', images.identityServer, 'copy-schema-scripts.sh', {}),
      run: preceded(
        authorities.database && engine.container.clientAuthorities.script,
        job(
          'schema',
          images.database,
          engine.container.schemaScript,
          {
            DATABASE_HOST: databaseHost,
            DATABASE_PORT: String(databasePort),
            ADMIN_ROLE: databaseAdmin,
            OWNER_ROLE: DATABASE_OWNER_ROLE,
            RUNTIME_ROLE: database.username,
            CONNECTIONS: String(budget.connections),
            DATABASES: databaseSchemas(environment)
              .map((schema) => [schema.database, ...schema.scripts].join(' '))
              .join('\n'),
            ...engine.container.clientTls[databaseTls(environment)],
            ...(authorities.database && engine.container.clientAuthorities.variables),
          },
          {
            ...schemaFixes(environment),
            ...(authorities.database && { [DATABASE_AUTHORITIES_FILE]: authoritiesPem(authorities.database) }),
          },
        ),
      ),
    };
  };

  const required = requiredSecrets(environment, nodes);
  const secretsJob = (variables: Record<string, string>): JobTopology => {
    const create = job('secrets', images.identityServer, 'create-secrets.sh', variables);
    // Where every secret must be supplied, none is created before that is so.
    return preceded(required.length > 0 && 'require-secrets.sh', create);
  };

  return {
    secrets: secretsJob({
      ENVIRONMENT: name,
      DATABASE_OWNER: databaseOwner,
      SERVER_OWNER: distribution.owner,
      SUPPLIED_SECRETS: suppliedSecrets(environment).join(' '),
      REFERENCED_SECRETS: referencedSecrets(nodes).join(' '),
      ENCRYPTION_KEY_BYTES: String(distribution.encryptionKeyBytes ?? 32),
      ...(required.length > 0 && { REQUIRED_SECRETS: required.join(' ') }),
    }),
    keystores: preceded(
      authorities.database && 'trust-database-authorities.sh',
      job(
        'keystores',
        images.identityServer,
        'create-keystores.sh',
        {
          ENVIRONMENT: name,
          HOSTNAME_PUBLIC: balancer.hostname,
          NODE_NAMES: placed.map(({ containerName }) => containerName).join(','),
          REVISION: String(server.keystore_revision),
          KEYSTORE: `wso2carbon.${stores.extension}`,
          TRUSTSTORE: `client-truststore.${stores.extension}`,
          STORE_TYPE: stores.type,
          SERVER_OWNER: distribution.owner,
          LOAD_BALANCER_OWNER: NGINX_OWNER,
          ...(balancer.certificate === 'supplied' && { CERTIFICATE: 'supplied' }),
        },
        // One certificate a file: that is how keytool takes them.
        authorities.database &&
          Object.fromEntries(
            authorities.database.map(({ pem }, index) => [`/database-authorities/${index + 1}.pem`, pem]),
          ),
      ),
    ),
    schema: schemaJobs(),
    loadBalancerConfiguration: job(
      'load-balancer-configuration',
      images.loadBalancer,
      'install-load-balancer-configuration.sh',
      { REVISION: configuration.revision, STATUS_URL: statusUrl },
    ),
  };
}

/** Names of the variables that the nodes' files refer to: every one is a secret. */
function referencedSecrets(nodes: readonly NodeTopology[]): string[] {
  const texts = nodes
    .flatMap(({ files }) => Object.entries(files))
    .filter(([path]) => path.endsWith('/deployment.toml'));
  return [
    ...new Set(texts.flatMap(([, text]) => [...text.matchAll(/\$env\{(\w+)\}/g)].map(([, name]) => name as string))),
  ];
}

/** The secrets of a database server that is already there: whoever runs it has chosen them. */
function suppliedSecrets({ database }: Environment): string[] {
  if (database.host === undefined) return [];
  return ['DATABASE_PASSWORD', ...(database.schema === 'automatic' ? ['DATABASE_ADMIN_PASSWORD'] : [])];
}

/** All secrets, where the environment is protected and nothing accepts that they are generated. */
function requiredSecrets({ protected: isProtected, policy, database }: Environment, nodes: readonly NodeTopology[]) {
  if (!isProtected || policy.suppressions.some(({ rule }) => rule === 'secrets-supplied')) return [];
  // The hash is made from the password.
  const referenced = referencedSecrets(nodes).map((name) => (name === 'APP_PASSWORD_HASH' ? 'APP_PASSWORD' : name));
  const administrator = database.schema === 'automatic' ? ['DATABASE_ADMIN_PASSWORD'] : [];
  return [...new Set(['DATABASE_PASSWORD', ...administrator, 'ADMIN_PASSWORD', 'KEYSTORE_PASSWORD', ...referenced])];
}

/** The job with another script of `runtime/jobs/` before its own, where there is one. */
function preceded(script: string | false | undefined, job: JobTopology): JobTopology {
  return script ? { ...job, script: `${runtimeFile(`jobs/${script}`)}\n${job.script}` } : job;
}
