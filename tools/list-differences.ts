import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Difference, differences, templatedDistributions } from './parity';

/** Where the list is kept for readers. */
export const DIFFERENCES_FILE = join(__dirname, '..', 'docs', 'deliberate-differences.md');

/** The list of differences from the templates as a Markdown page. */
export function differencesPage(): string {
  const byDistribution = templatedDistributions().map((name) => ({ name, found: differences(name) }));
  const byKey = new Map<string, { difference: Difference; distributions: string[] }>();
  for (const { name, found } of byDistribution) {
    for (const difference of found) {
      const entry = byKey.get(difference.key) ?? { difference, distributions: [] };
      entry.distributions.push(name);
      byKey.set(difference.key, entry);
    }
  }
  const rows = [...byKey.values()].map(({ difference, distributions }) => {
    const where = distributions.length === byDistribution.length ? 'all' : distributions.join(', ');
    const reason = difference.reason ?? '**nobody meant this one**';
    const cells = [`\`${difference.key}\``, cell(difference.template), cell(difference.ours), where, reason];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '# Deliberate differences from the accelerator’s templates',
    '',
    'Printed by `make differences`. A generated `deployment.toml` has every key of the template of its version with the same value,',
    'apart from these. Examples are those of node 1 of an environment named `parity` with PostgreSQL; on the other nodes',
    '`super_admin.create_admin_account` and the switches of scheduled jobs (`session_data.cleanup.enable_expired_data_cleanup`,',
    '`financial_services.consent.periodical_expiration.enabled`) are `false`, too.',
    '',
    `Compared: ${byDistribution.map(({ name }) => `\`${name}\``).join(', ')}.`,
    '',
    '| key | template | ours | in | reason |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function cell(json: string | undefined): string {
  return json === undefined ? '(none)' : `\`${json.replaceAll('|', '\\|')}\``;
}

if (require.main === module) {
  const page = differencesPage();
  writeFileSync(DIFFERENCES_FILE, page);
  console.log(page);
}
