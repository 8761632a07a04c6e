import { createHash } from 'node:crypto';
import { parse } from 'smol-toml';
import { flatten, type TomlTable, type TomlValue } from '../toml';

/** Releases of the Financial Services accelerator, by their age. Its numbers do not follow it. */
export const ACCELERATOR_RELEASES = ['4.0.0', '4.1.1', '4.0.1'] as const;
export type AcceleratorRelease = (typeof ACCELERATOR_RELEASES)[number];

/** Stands in a table instead of a credential of the template. */
export const CREDENTIAL = '(credential)';

/**
 * The first 16 digits of the SHA-256 of every template's table: release, then version of Identity Server. `make templates` prints
 * them, and a test compares them with the tables that it wrote.
 */
export const TEMPLATE_DIGESTS: Readonly<Record<AcceleratorRelease, Readonly<Record<string, string>>>> = {
  '4.0.0': { '7.0.0': '04cc26890ae12d5a', '7.1.0': '7906989cf45b54a3' },
  '4.1.1': { '7.0.0': '438895d04e9f4d75', '7.1.0': 'd914e9f1a18665e5' },
  '4.0.1': {
    '7.0.0': '5cf23ffd88ac8ee4',
    '7.1.0': '58e2abe8dd8b555e',
    '7.2.0': 'd3c23b27af5f9fc6',
    '7.3.0': '38c594528c290a56',
  },
};

/** A template as a table: a line for each key with its value as JSON, without credentials, comments and layout. */
export function templateTable(toml: string): string {
  const lines = [...flatten(parse(toml) as TomlTable)].map(
    ([key, found]) => `${key}\t${JSON.stringify(withoutCredential(key, found))}`,
  );
  return `${lines.join('\n')}\n`;
}

/** What tells one template from another, whatever the order of its keys. */
export function templateDigest(table: string): string {
  return createHash('sha256').update(table.trimEnd().split('\n').sort().join('\n')).digest('hex').slice(0, 16);
}

/** Where the accelerator's archive has its template for a version of Identity Server, below a folder of any name. */
export function templatePath(version: string): string {
  return `repository/resources/wso2is-${version}-deployment.toml`;
}

/** The release that a template is of; undefined where none is known that has this one. */
export function releaseOfTemplate(version: string, toml: string): AcceleratorRelease | undefined {
  const digest = templateDigest(templateTable(toml));
  return ACCELERATOR_RELEASES.find((release) => TEMPLATE_DIGESTS[release][version] === digest);
}

const SECRET_KEY = /(password|secret|hash|client_id)$/;

function withoutCredential(key: string, found: TomlValue): TomlValue {
  const reference = typeof found === 'string' && found.startsWith('$ref{');
  return SECRET_KEY.test(key) && found !== '' && !reference ? CREDENTIAL : found;
}
