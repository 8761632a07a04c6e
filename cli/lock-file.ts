import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configDirectory } from '../topology/load-topologies';
import { REGISTRIES, usesBuiltProviders } from './setup/providers';
import type { Terraform } from './setup/terraform';

/**
 * The one committed lock file: versions and checksums of all providers of all stacks. Terraform wants one beside each stack with exactly
 * that stack's providers; those folders are generated, so each gets its part of this file before every init.
 */
export function lockFile(): string {
  return join(configDirectory(), 'terraform.lock.hcl');
}

/** The providers that Terraform may install, with the checksums that their packages must have. */
export interface ProviderLock {
  /** Path of the file, for messages. */
  readonly file: string;
  /** @param sources namespace and name of the providers of a stack. @returns the lock file of that stack */
  of(sources: readonly string[]): string;
}

/** The committed lock, where there is one and it can hold: providers that were built on this machine have other checksums. */
export function committedLock(
  { isOpenTofu }: Terraform,
  variables: NodeJS.ProcessEnv,
  say: (line: string) => void,
): ProviderLock | undefined {
  const file = lockFile();
  if (!existsSync(file)) return undefined;
  if (usesBuiltProviders(variables)) {
    say(
      `${file} is not used: the providers were built on this machine, so their checksums are not the published ones.`,
    );
    return undefined;
  }
  const entries = lockEntries(readFileSync(file, 'utf8'));
  return {
    file,
    of: (sources) => sources.flatMap((source) => entries.get(`${registryOf(isOpenTofu)}/${source}`) ?? []).join('\n'),
  };
}

/** Where Terraform and OpenTofu take a provider from whose source names no registry. */
export function registryOf(isOpenTofu: boolean): string {
  return REGISTRIES[isOpenTofu ? 'tofu' : 'terraform'];
}

/** The entries of a lock file by the provider's full address. */
export function lockEntries(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^provider "([^"]+)" \{\n.*?^\}\n/gms)].map(([entry, address = '']) => [address, entry]),
  );
}
