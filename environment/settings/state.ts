import { z } from 'zod';

/** Terraform's backends that the configuration knows. */
export const STATE_BACKENDS = ['local', 's3', 'gcs', 'azurerm', 'pg', 'http', 'consul'] as const;

/** Backend settings that carry a credential; they belong in the backend's environment variables, not in a file under git. */
const CREDENTIAL_SETTING =
  /(password|secret|token|access_key|credential|sas|conn_str|http_auth|encryption_key|customer_key|private_key)/;
const CREDENTIAL_IN_URL = /^[a-z+]+:\/\/[^/@]*:[^/@]*@/;

type StateSetting = string | boolean | number | StateSetting[] | { [key: string]: StateSetting };
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
    const refuse = (path: string[], message: string) =>
      context.addIssue({ code: 'custom', path, message, params: { complete: true } });
    if (value.backend === 'local' && Object.keys(value.settings).length > 0) {
      refuse(['settings'], 'the local backend takes no settings; its files are in state/<environment>/');
    }
    if (value.backend === 'http' && value.settings.address === undefined) {
      refuse(['settings', 'address'], "is required with the http backend: the URL to which each stack's name is added");
    }
    for (const [key, setting] of Object.entries(value.settings)) {
      if (CREDENTIAL_SETTING.test(key) || CREDENTIAL_IN_URL.test(String(setting))) {
        context.addIssue({
          code: 'custom',
          path: ['settings', key],
          message: `holds a credential and must not be in a file; give it to Terraform by the ${value.backend} backend's environment variable`,
          params: { secret: true },
        });
      }
    }
  });
