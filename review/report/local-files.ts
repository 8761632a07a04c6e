import type { Topology } from '../../topology/topology';
import type { Json } from '../plan/plan-json';
import type { PlannedStack } from '../plan/planned-stack';
import type { ReportedChange } from './changes';

/** What happens to the files on the machine that runs Terraform. They serve people there, and a fresh machine never has them. */
export interface LocalFilesChange {
  readonly action: 'written' | 'removed';
  readonly files: readonly string[];
}

/** Tells the files that are written on the machine that runs Terraform from everything else. */
export function isLocalFile({ localFiles }: Topology, stacks: readonly PlannedStack[]) {
  const names: Json[] = [localFiles.certificateFile, localFiles.hostsFile];
  const found = stacks.flatMap(({ name: stack, plan }) =>
    (plan.resource_changes ?? [])
      .filter(
        ({ type, change }) =>
          type === 'local_file' && names.includes((change.after ?? change.before)?.filename ?? null),
      )
      .map(({ address }) => `${stack} ${address}`),
  );
  const addresses = new Set(found);
  return ({ stack, address }: { readonly stack: string; readonly address: string }) =>
    addresses.has(`${stack} ${address}`);
}

export function localFilesOf(
  { localFiles }: Topology,
  changes: readonly ReportedChange[],
): LocalFilesChange | undefined {
  if (changes.length === 0) return undefined;
  const action = changes.every((change) => change.action === 'destroy') ? 'removed' : 'written';
  // Terraform names them from the stack's own folder.
  return {
    action,
    files: [localFiles.certificateFile, localFiles.hostsFile].map((file) => file.replace(/^(\.\.\/)+/, '')),
  };
}
