import { validity } from '../certificate';
import type { Published } from '../published/published';
import type { AuthorityStatus } from './authority';
import type { VolumeStatus } from './changed-files';
import type { ComponentStatus } from './components';
import type { RevocationStatus } from './revocations';
import { type SigningStatus, signingLine, signingNotes } from './signing-certificates';

export interface StatusText {
  readonly components: readonly ComponentStatus[];
  readonly published: Published;
  /** How many nodes the configuration has. */
  readonly nodes: number;
  readonly signingKeys?: readonly SigningStatus[];
  readonly authority?: AuthorityStatus | null;
  readonly revocations?: readonly RevocationStatus[];
  readonly volumes?: VolumeStatus;
}

/** One line a component, one for what a client sees, then the reasons. */
export function statusText({
  components,
  published,
  nodes,
  signingKeys = [],
  authority,
  revocations = [],
  volumes = { changed: [] },
}: StatusText): string {
  const unknown = volumes.problem === undefined ? [] : [`the volumes were not looked into: ${volumes.problem}`];
  return [
    ...(components.length > 0 ? [table(components, nodes)] : []),
    `PUBLISHED  ${publishedLine(published)}`,
    ...(signingKeys.length > 0 ? [`SIGNING KEYS  ${signingLine(signingKeys)}`] : []),
    ...components.flatMap(({ component, reason }) => (reason ? [`${component}: ${reason}`] : [])),
    ...revocations.flatMap(({ ended, note }) => (ended && note ? [`load-balancer: ${note}`] : [])),
    ...volumes.changed.map(({ reason }) => `files: ${reason}`),
    ...[
      ...published.notes,
      ...signingNotes(signingKeys),
      ...(authority?.note ? [authority.note] : []),
      ...revocations.flatMap(({ ended, note }) => (!ended && note ? [note] : [])),
      ...unknown,
    ].map((note) => `note: ${note}`),
  ].join('\n');
}

/** What a client sees, in one line. */
export function publishedLine({ url, addresses, served, reason, askedFrom, certificate }: Published): string {
  const from = askedFrom === 'this machine' ? '' : `, asked from ${askedFrom}`;
  const where = `${url} at ${addresses.join(' and ') || 'no address'}${from}`;
  const shown = certificate
    ? `; certificate "${certificate.subject}" by "${certificate.issuer}", ${validity(certificate)}`
    : '';
  return served ? `${where}: answers${shown}` : `${where}: not as it should be: ${reason}${shown}`;
}

function table(components: readonly ComponentStatus[], nodes: number): string {
  const placed = components.some(({ machine }) => machine !== undefined);
  const rows = [
    ['COMPONENT', 'STATE', 'HEALTH', 'IN ROTATION', 'CLUSTER', 'RESTARTS', 'SINCE', 'CERTIFICATE'].concat(
      placed ? ['MACHINE', 'POD'] : [],
    ),
    ...components.map((row) => [
      row.component,
      row.state,
      row.health,
      row.rotation === null ? '-' : row.rotation === 'in' ? 'yes' : row.rotation,
      row.rotation === null ? '-' : cluster(row.clusterMembers, nodes),
      String(row.restarts),
      row.since === null ? '-' : row.since.replace(/\.\d+Z$/, 'Z'),
      row.certificate === null ? '-' : validity(row.certificate),
      ...(placed ? [row.machine ?? '-', row.container || '-'] : []),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cluster(members: number | null, nodes: number): string {
  if (members === null) return 'not clustered';
  return `${members === 0 ? '?' : members} of ${nodes}`;
}
