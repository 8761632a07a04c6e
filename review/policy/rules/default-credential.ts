import { uploadedFiles } from '../../plan/differences';
import { at } from '../../plan/kubernetes-object';
import { type Attributes, isObject } from '../../plan/plan-json';
import { forContainers, texts } from '../containers';
import { about, anyOf, plannedObjects } from '../pods';
import type { Rule } from '../rule';

const DEFAULT_CREDENTIALS = '(?:admin|password|passw0rd|postgres|root|secret|changeme|changeit|wso2|wso2carbon)';
/** `password = "…"` in TOML and SQL, `PASSWORD=…` in the environment, with one of the values that everybody tries first. */
const DEFAULT_PASSWORD = new RegExp(
  `(?:passw(?:or)?d|secret|passphrase)["']?\\s*[=:]\\s*["']?${DEFAULT_CREDENTIALS}["']?\\s*$`,
  'im',
);
/** A URL with user and password. */
const URL_PASSWORD = /[a-z]+:\/\/[^\s/:@$]+:[^\s/@$]+@/i;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

export const defaultCredential: Rule = {
  reason: 'a password in a plan, an image or a container definition is known to everybody who can read one of them',
  fix: 'let the file refer to the secret, such as "$env{ADMIN_PASSWORD}", which is read from a volume on the Docker host',
  onKubernetes: {
    fix: 'let the file refer to the secret, such as "$env{ADMIN_PASSWORD}", which is read from a Secret',
  },
  check: anyOf(
    forContainers('all', ({ values }) => credentialsIn(values)),
    (input) =>
      plannedObjects(input).flatMap((each) =>
        [...credentialsIn(each.values), ...valuesOfSecret(each.object)].map((message) => ({
          stack: each.stack,
          location: each.address,
          message: about(each, message),
        })),
      ),
  ),
};

function credentialsIn({ env, upload }: Attributes): string[] {
  return [
    ...texts(env)
      .filter((entry) => DEFAULT_PASSWORD.test(entry) || URL_PASSWORD.test(entry))
      .map((entry) => `variable ${entry.split('=')[0]} has a password in clear text`),
    ...[...uploadedFiles(upload)].flatMap(([file, content]) => {
      const line = content
        .split('\n')
        .findIndex((text) => DEFAULT_PASSWORD.test(text) || URL_PASSWORD.test(text) || PRIVATE_KEY.test(text));
      return line < 0 ? [] : [`${file} has a credential in clear text in line ${line + 1}`];
    }),
  ];
}

/** A Secret is planned empty; jobs fill it. */
function valuesOfSecret(object: Attributes): string[] {
  if (object.kind !== 'Secret') return [];
  return ['data', 'stringData'].flatMap((key) => {
    const values = at(object, key);
    const isEmpty = values === undefined || values === null || (isObject(values) && Object.keys(values).length === 0);
    return isEmpty ? [] : [`has values in ${key}, which are then in the state and in every plan`];
  });
}
