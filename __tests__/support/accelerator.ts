import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import { type AcceleratorRelease, templatePath } from '../../catalogue/distributions';
import type { TomlValue } from '../../catalogue/toml';
import { TEMPLATES } from '../../tools/parity';
import { unflatten } from './toml-paths';
import { zip } from './zip';

/** The template of a release, as far as its table has it: without credentials, comments and layout. */
export function acceleratorTemplate(release: AcceleratorRelease, version: string): string {
  const table = readFileSync(join(TEMPLATES, `wso2is-${version}-financial-services-${release}.tsv`), 'utf8');
  const entries = table
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t', 2) as [string, string]);
  return stringify(unflatten(entries.map(([key, json]) => [key, JSON.parse(json) as TomlValue])));
}

/** An archive with that template where the accelerator's has it. @param files of the archive beside it */
export function acceleratorArchive(
  release: AcceleratorRelease,
  version: string,
  files: Readonly<Record<string, string>> = {},
): Buffer {
  const folder = 'wso2-fsiam-accelerator';
  return zip({ [`${folder}/${templatePath(version)}`]: acceleratorTemplate(release, version), ...files });
}
