import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCELERATOR_RELEASES, templateDigest, templateTable } from '../catalogue/distributions';
import { TEMPLATES } from './parity';

/**
 * Makes the parity test's tables from the accelerator's templates: a line for each key with its value as JSON. Takes a release and
 * the folder of its templates, which are in the accelerator's archive under `repository/resources`.
 */

const TEMPLATE = /^wso2is-(\d+\.\d+\.\d+)-deployment\.toml$/;

const [release, folder] = process.argv.slice(2);
if (release === undefined || release === '' || folder === undefined || folder === '') {
  console.error(
    `usage: make templates RELEASE=<${ACCELERATOR_RELEASES.join(' or ')}, or a new one> FROM=<folder of wso2is-<version>-deployment.toml files>`,
  );
  process.exit(1);
}
const files = readdirSync(folder).filter((file) => TEMPLATE.test(file));
if (files.length === 0) {
  console.error(`${folder} has no file named wso2is-<version>-deployment.toml`);
  process.exit(1);
}
mkdirSync(TEMPLATES, { recursive: true });
for (const file of files.sort()) {
  const version = TEMPLATE.exec(file)?.[1];
  const table = templateTable(readFileSync(join(folder, file), 'utf8'));
  const name = `wso2is-${version}-financial-services-${release}.tsv`;
  writeFileSync(join(TEMPLATES, name), table);
  console.log(`${name}: ${table.trimEnd().split('\n').length} keys, digest ${templateDigest(table)}`);
}
