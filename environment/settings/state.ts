import { z } from '../zod';

/** Terraform's backends that the configuration knows. */
export const STATE_BACKENDS = ['local', 's3', 'gcs', 'azurerm', 'pg', 'http', 'consul'] as const;

/** The setting of each backend to which the stack's name is added. */
export const STACK_SETTINGS = {
  local: undefined,
  s3: 'key',
  gcs: 'prefix',
  azurerm: 'key',
  pg: 'schema_name',
  http: 'address',
  consul: 'path',
} as const satisfies Record<(typeof STATE_BACKENDS)[number], string | undefined>;

/** Backend settings that carry a credential; they belong in the backend's environment variables, not in a file under git. */
const CREDENTIAL_SETTING =
  /(password|secret|token|access_key|credential|sas|conn_str|http_auth|encryption_key|customer_key|private_key)/;
const CREDENTIAL_IN_URL = /^[a-z+]+:\/\/[^/@]*:[^/@]*@/;

type StateSetting = string | boolean | number | StateSetting[] | { [key: string]: StateSetting };
/** Also where the credential is deeper in the setting. */
function holdsCredential(key: string, setting: StateSetting): boolean {
  if (CREDENTIAL_SETTING.test(key)) return true;
  return typeof setting === 'object'
    ? Object.entries(setting).some(([inner, value]) => holdsCredential(inner, value))
    : CREDENTIAL_IN_URL.test(String(setting));
}

const stateSetting: z.ZodType<StateSetting> = z.lazy(() =>
  z.union([z.string(), z.boolean(), z.int(), z.array(stateSetting), z.record(z.string(), stateSetting)]),
);

export const state = z
  .strictObject({
    backend: z
      .enum(STATE_BACKENDS)
      .default('local')
      .describe('Terraform state backend. "local" keeps state/<environment>/ beside the configuration.'),
    settings: z
      .record(z.string(), stateSetting)
      .default({})
      .describe(
        "Settings of the backend, without credentials. The key of each stack is derived: what is set as key, prefix, path, address or schema_name comes before the stack's name.",
      ),
  })
  .superRefine((value, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (value.backend === 'local' && Object.keys(value.settings).length > 0) {
      refuse(['settings'], 'the local backend takes no settings; its files are in state/<environment>/');
    }
    if (value.backend === 'http' && value.settings.address === undefined) {
      refuse(['settings', 'address'], "is required with the http backend: the URL to which each stack's name is added");
    }
    const stackSetting = STACK_SETTINGS[value.backend];
    if (stackSetting !== undefined && !['string', 'undefined'].includes(typeof value.settings[stackSetting])) {
      refuse(['settings', stackSetting], "must be a string: each stack's name is added to it");
    }
    for (const [key, setting] of Object.entries(value.settings)) {
      if (holdsCredential(key, setting)) {
        context.addIssue({
          code: 'custom',
          path: ['settings', key],
          message: `holds a credential and must not be in a file; give it to Terraform by the ${value.backend} backend's environment variable`,
        });
      }
    }
  });
