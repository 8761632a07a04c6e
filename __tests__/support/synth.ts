import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { readAssets } from '../../environment/assets';
import { loadEnvironments } from '../../environment/load';
import type { Environment } from '../../environment/schema';
import type { SandboxImages } from '../../images/tags';
import { deriveTopology, type Topology } from '../../topology/topology';

export const PROJECT = resolve(__dirname, '..', '..');

/** Stand-ins for the names of the sandbox images, so that a changed image changes no test. */
export const TEST_IMAGES: SandboxImages = {
  identityServer: 'wso2-is-active-active/sandbox-identity-server:test',
  postgresql: 'wso2-is-active-active/sandbox-postgresql:test',
  mariadb: 'wso2-is-active-active/sandbox-mariadb:test',
  nginx: 'wso2-is-active-active/sandbox-nginx:test',
};

/** The smallest configuration there is; everything else is a default. */
export const SMALLEST = `
[identity_server]
distribution = "sandbox"
[load_balancer]
hostname = "is.sandbox.test"
`;

// biome-ignore lint/suspicious/noExplicitAny: parsed JSON of Terraform, which the tests take apart
export type Json = any;

export interface SynthesizedStack {
  readonly name: string;
  /** Folder with the stack's `cdk.tf.json`. */
  readonly directory: string;
  /** The file as it was written. */
  readonly text: string;
  readonly json: Json;
  /** Every resource with its Terraform address. */
  readonly resources: readonly { readonly type: string; readonly address: string; readonly config: Json }[];
}

export interface Synthesized {
  readonly outdir: string;
  readonly manifest: Json;
  /** The stacks in the order of the topologies. */
  readonly stacks: readonly SynthesizedStack[];
  /** Text of every written file by its path below `outdir`. */
  readonly files: Readonly<Record<string, string>>;
}

const temporary: string[] = [];
afterAll(() => {
  for (const directory of temporary.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A new folder that is gone after the tests of this file. */
export function temporaryDirectory(prefix = 'test-'): string {
  const directory = mkdtempSync(join(tmpdir(), prefix));
  temporary.push(directory);
  return directory;
}

/** A temporary configuration folder with these files. */
export function configurationDirectory(files: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory('config-');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

/** The checked environment that this TOML text describes. @param files beside it, by name */
export function environment(
  toml: string = SMALLEST,
  name = 'sandbox',
  files: Readonly<Record<string, string>> = {},
): Environment {
  const [loaded] = loadEnvironments(configurationDirectory({ [`${name}.toml`]: toml, ...files }));
  return loaded as Environment;
}

export function topology(
  toml: string = SMALLEST,
  name = 'sandbox',
  files: Readonly<Record<string, string>> = {},
): Topology {
  return derived(environment(toml, name, files));
}

/** The topology of a checked environment, with the stand-ins for the sandbox's images. */
export function derived(checked: Environment): Topology {
  return deriveTopology(checked, readAssets(checked, TEST_IMAGES));
}

/** A certificate authority's certificate whose key nobody has. @param name of a file in `fixtures/authorities` */
export function authorityFixture(name: 'root' | 'other-root' | 'expired-root' | 'issuing'): string {
  return readFileSync(join(PROJECT, '__tests__', 'fixtures', 'authorities', `${name}.pem`), 'utf8');
}

/** The topologies of the project's own configuration files that are for Docker. */
export function shippedTopologies(): Topology[] {
  return shipped('docker');
}

/** Those that are for this platform. */
export function shipped(platform: Topology['platform']['kind']): Topology[] {
  return loadEnvironments(join(PROJECT, 'config'))
    .map(derived)
    .filter(({ platform: { kind } }) => kind === platform);
}

/**
 * Synthesizes as `main.ts` does, to files. The short cuts of cdktf's own test kit leave out backends, dependencies and
 * validations.
 */
export function synthesizeToFiles(topologies: readonly Topology[], outdir = temporaryDirectory('synth-')): Synthesized {
  // Loaded where it is needed: most tests look at a topology alone, and cdktf takes a third of a second.
  const { synthesize } = require('../../constructs/synthesize') as typeof import('../../constructs/synthesize');
  synthesize(topologies, outdir);
  return readSynthesized(
    outdir,
    topologies.flatMap(({ stacks }) => stacks.map(({ name }) => name)),
  );
}

/** Reads what an app wrote. @param names the stacks in the order wanted. @default - the manifest's order */
export function readSynthesized(outdir: string, names?: readonly string[]): Synthesized {
  const files = Object.fromEntries(
    readdirSync(outdir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [relative(outdir, file), readFileSync(file, 'utf8')]),
  );
  const manifest = JSON.parse(files['manifest.json'] as string);
  const stacks = (names ?? Object.keys(manifest.stacks)).map((name): SynthesizedStack => {
    const { synthesizedStackPath, workingDirectory } = manifest.stacks[name];
    const text = files[synthesizedStackPath] as string;
    const json = JSON.parse(text);
    const resources = Object.entries<Json>(json.resource ?? {}).flatMap(([type, named]) =>
      Object.entries<Json>(named).map(([id, config]) => ({ type, address: `${type}.${id}`, config })),
    );
    return { name, directory: join(outdir, workingDirectory), text, json, resources };
  });
  return { outdir, manifest, stacks, files };
}
