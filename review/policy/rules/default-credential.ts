import { uploadedFiles } from '../../plan/differences';
import { forContainers, texts } from '../containers';
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
  check: forContainers('all', ({ values }) => [
    ...texts(values.env)
      .filter((entry) => DEFAULT_PASSWORD.test(entry) || URL_PASSWORD.test(entry))
      .map((entry) => `variable ${entry.split('=')[0]} has a password in clear text`),
    ...[...uploadedFiles(values.upload)].flatMap(([file, content]) => {
      const line = content
        .split('\n')
        .findIndex((text) => DEFAULT_PASSWORD.test(text) || URL_PASSWORD.test(text) || PRIVATE_KEY.test(text));
      return line < 0 ? [] : [`${file} has a credential in clear text in line ${line + 1}`];
    }),
  ]),
};
