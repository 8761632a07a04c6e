import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { flatten, type TomlTable, type TomlValue } from '../catalogue/toml';
import { CREDENTIAL, TEMPLATES } from './parity';

/**
 * Makes the parity test's tables from the accelerator's templates: a line for each key with its value as JSON. Takes the folder
 * of the templates, which are in the accelerator's archive under `repository/resources`.
 */

const TEMPLATE = /^(wso2is-\d+\.\d+\.\d+)-deployment\.toml$/;
const SECRET_KEY = /(password|secret|hash|client_id)$/;

function value(key: string, found: TomlValue): TomlValue {
  const reference = typeof found === 'string' && found.startsWith('$ref{');
  return SECRET_KEY.test(key) && found !== '' && !reference ? CREDENTIAL : found;
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: make templates FROM=<folder of wso2is-<version>-deployment.toml files>');
  process.exit(1);
}
const files = readdirSync(folder).filter((file) => TEMPLATE.test(file));
if (files.length === 0) {
  console.error(`${folder} has no file named wso2is-<version>-deployment.toml`);
  process.exit(1);
}
mkdirSync(TEMPLATES, { recursive: true });
for (const file of files.sort()) {
  const table = flatten(parse(readFileSync(join(folder, file), 'utf8')) as TomlTable);
  const lines = [...table].map(([key, found]) => `${key}\t${JSON.stringify(value(key, found))}`);
  const name = `${TEMPLATE.exec(file)?.[1]}-financial-services.tsv`;
  writeFileSync(join(TEMPLATES, name), `${lines.join('\n')}\n`);
  console.log(`${name}: ${lines.length} keys`);
}
