import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { DISTRIBUTIONS, type DistributionName } from '../catalogue/distributions';
import { DELIBERATE_DIFFERENCES } from '../catalogue/distributions/deliberate-differences';
import { flatten, type TomlTable } from '../catalogue/toml';
import { readAssets } from '../environment/assets';
import { environmentSchema } from '../environment/checks';
import { deriveTopology } from '../topology/topology';

/** Folder of the tables that `flatten-templates.ts` makes: one for each distribution that has a template. */
export const TEMPLATES = join(__dirname, '..', '__tests__', 'fixtures', 'templates');

/** One key in which a generated deployment.toml and the template differ. */
export interface Difference {
  readonly key: string;
  /** JSON of the template's value, or undefined where it has no such key. */
  readonly template?: string;
  /** JSON of our value, or undefined where we have no such key. */
  readonly ours?: string;
  /** Why, or undefined where nobody meant it. */
  readonly reason?: string;
}

/** Distributions for which there is a template. */
export function templatedDistributions(): DistributionName[] {
  return readdirSync(TEMPLATES)
    .filter((file) => file.endsWith('.tsv'))
    .map((file) => file.slice(0, -'.tsv'.length) as DistributionName)
    .sort();
}

/** Compares what a distribution's first node gets with the template, key by key. */
export function differences(distribution: DistributionName): Difference[] {
  const template = readTable(join(TEMPLATES, `${distribution}.tsv`));
  const ours = new Map([...flatten(generatedToml(distribution))].map(([key, value]) => [key, JSON.stringify(value)]));
  const keys = [...template.keys(), ...[...ours.keys()].filter((key) => !template.has(key))];
  return keys
    .filter((key) => template.get(key) !== ours.get(key))
    .map((key) => ({ key, template: template.get(key), ours: ours.get(key), reason: reasonFor(key)?.reason }));
}

/** The deliberate difference that a key falls under. */
export function reasonFor(key: string): (typeof DELIBERATE_DIFFERENCES)[number] | undefined {
  return DELIBERATE_DIFFERENCES.find((entry) => key === entry.key || key.startsWith(`${entry.key}.`));
}

/** deployment.toml of node 1 of an environment that says no more than it must. */
export function generatedToml(distribution: DistributionName): TomlTable {
  const settings = environmentSchema.parse({
    // An image of one's own, so that no accelerator is needed to look at its configuration.
    identity_server: { distribution, image: 'identity-server' },
    load_balancer: { hostname: 'is.bank.example' },
  });
  const images = { identityServer: 'identity-server', postgresql: 'postgresql', mariadb: 'mariadb', nginx: 'nginx' };
  const environment = { ...settings, name: 'parity', file: 'config/parity.toml', authorities: {} };
  const [node] = deriveTopology(environment, readAssets(environment, images)).nodes;
  const path = `${DISTRIBUTIONS[distribution].home}/wso2-config-volume/repository/conf/deployment.toml`;
  return parse(node?.files[path] as string) as TomlTable;
}

/** Key and JSON value of each line. */
function readTable(file: string): Map<string, string> {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return new Map(lines.map((line) => line.split('\t', 2) as [string, string]));
}
