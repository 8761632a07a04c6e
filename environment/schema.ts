import { RULE_IDS } from '../catalogue/policy-rule-ids';
import { isSubnet } from './addresses';
import type { CertificateAuthority } from './authorities';
import { ENGINE_HOST } from './engine-host';
import type { RevocationList } from './revocations';
import { database } from './settings/database';
import { identityServer } from './settings/identity-server';
import { loadBalancer } from './settings/load-balancer';
import { platform } from './settings/platform';
import { state } from './settings/state';
import { z } from './zod';

/**
 * The schema of `config/<environment>.toml`: the only source of the types, the defaults, the validation and the published
 * JSON Schema (`config/environment.schema.json`). Keys are snake_case, as in the product's own `deployment.toml`. The larger tables
 * are in `settings/`.
 */

// Else zod compiles a validator first, which does not pay for the few files of one run.
z.config({ jitless: true });

const engine = z.strictObject({
  host: z
    .string()
    .regex(ENGINE_HOST, {
      error:
        'must be an address such as "unix:///var/run/docker.sock", "ssh://user@host" or "tcp://host:2376", in which user and host do not begin with "-"',
    })
    .optional()
    .describe(
      'Docker Engine to deploy to: unix://, ssh:// or tcp:// (with TLS material in DOCKER_CERT_PATH). Default: DOCKER_HOST, else the local socket.',
    ),
});

const network = z.strictObject({
  subnet: z
    .string()
    .refine(isSubnet, {
      error: 'must be a private IPv4 subnet from /16 to /26 written with its network address, such as "172.30.10.0/24"',
    })
    .default('172.30.10.0/24')
    .describe(
      'Private subnet of the environment. Every container has a fixed address in it; environments must not overlap.',
    ),
});

const suppression = z.strictObject({
  rule: z.enum(RULE_IDS).describe('Name of the rule, as `make plan` reports it.'),
  reason: z
    .string()
    .regex(/\S.{13,}\S/s, { error: 'must say in a sentence why the environment may break the rule' })
    .describe('Why the environment may break the rule; it is shown in every plan report.'),
});

const policy = z.strictObject({
  suppressions: z
    .array(suppression)
    .default([])
    .describe('Rules of the policy that this environment breaks on purpose.'),
});

/** The tables with their keys, each for itself. */
export const settingsSchema = z.strictObject({
  protected: z
    .boolean()
    .default(false)
    .describe(
      'Refuses to destroy the volumes and the database (prevent_destroy), refuses `make down` until a plan with false has been reviewed and applied, requires remote state, images by digest and supplied secrets, and refuses every apply that breaks a rule of the policy.',
    ),
  platform: platform.prefault({}),
  engine: engine.prefault({}),
  network: network.prefault({}),
  identity_server: identityServer,
  database: database.prefault({}),
  load_balancer: loadBalancer,
  state: state.prefault({}),
  policy: policy.prefault({}),
});

/** A checked and defaulted configuration file. */
export type EnvironmentSettings = z.infer<typeof settingsSchema>;

/** One environment: the settings of `config/<name>.toml` under its name. */
export interface Environment extends EnvironmentSettings {
  /** File name without `.toml`; the prefix of every container, volume, network and stack. */
  readonly name: string;
  /** Path of the file as the user wrote it, for messages. */
  readonly file: string;
  /** What the files of certificate authorities hold that the configuration names. */
  readonly authorities: EnvironmentAuthorities;
  /** Client certificates that are revoked: what `load_balancer.client_certificates.crl_file` holds. */
  readonly revocations?: readonly RevocationList[];
}

/** Certificate authorities by what they are trusted for. */
export interface EnvironmentAuthorities {
  /** Issuers of client certificates: `load_balancer.client_certificates.ca_file`. */
  readonly clients?: readonly CertificateAuthority[];
  /** Issuers of the database server's certificate: `database.ca_file`. */
  readonly database?: readonly CertificateAuthority[];
}

let jsonSchema: object | undefined;

/** The JSON Schema that editors use for completion (Draft 7, which Taplo understands). Made once: it takes longer than all else of a check. */
export function environmentJsonSchema(): object {
  jsonSchema ??= toJsonSchema();
  return jsonSchema;
}

function toJsonSchema(): object {
  const schema = z.toJSONSchema(settingsSchema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    // A table with any keys has no form of its own in zod.
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'object';
    },
  });
  return { title: 'Environment of wso2-is-active-active', ...schema };
}
