import { existsSync } from 'node:fs';
import { link, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildOnce, cacheDirectory } from './cache';
import { buildWithGo, OLDEST_GO, requireGo } from './go';
import { requireProgram } from './machine';
import { CommandError, run } from './process';
import { print, step } from './progress';
import type { Terraform } from './terraform';

export interface ProviderSource {
  /** Namespace and name in the registry. */
  readonly source: string;
  /** Version that the mirror offers. */
  readonly version: string;
  /** Path that the Go module declares. */
  readonly module: string;
  /** Module that holds the code, where it is not published under the declared path. */
  readonly replacement?: string;
  readonly moduleVersion: string;
}

/** The providers that environments on Docker need. Both modules declare the paths they had before they moved. */
export const PROVIDERS: readonly ProviderSource[] = [
  {
    source: 'kreuzwerker/docker',
    // 4.6.0 and two weeks of corrections.
    version: '4.6.0',
    module: 'github.com/terraform-providers/terraform-provider-docker',
    replacement: 'github.com/kreuzwerker/terraform-provider-docker',
    moduleVersion: 'v0.0.0-20260916201441-96d331c98ff4',
  },
  {
    source: 'hashicorp/local',
    // The commit of the release.
    version: '2.9.0',
    module: 'github.com/terraform-providers/terraform-provider-local',
    moduleVersion: 'v1.4.1-0.20260513075820-3561e410f9fe',
  },
];

/** What environments on Kubernetes need instead. */
export const KUBERNETES_PROVIDERS: readonly ProviderSource[] = [
  {
    source: 'gavinbunney/kubectl',
    version: '1.19.0',
    module: 'github.com/gavinbunney/terraform-provider-kubectl',
    moduleVersion: 'v1.19.0',
  },
];

/** Where the two programs take a provider from whose source names no registry. */
export const REGISTRIES = { terraform: 'registry.terraform.io', tofu: 'registry.opentofu.org' } as const;
const REGISTRY_TIMEOUT_MS = 5_000;

/**
 * Makes sure that Terraform can install the providers. Where it reaches the registry, or the user has configured how providers
 * are installed, there is nothing to do; elsewhere the providers are built with Go into a mirror.
 *
 * @param providers @default - those of Docker
 * @returns variables for Terraform's environment
 * @throws UserError when neither the registry nor Go is there
 */
export async function ensureProviders(
  terraform: Terraform,
  providers: readonly ProviderSource[] = PROVIDERS,
): Promise<NodeJS.ProcessEnv> {
  if (await isConfigured(terraform, providers)) return {};
  registryAnswers ??= reachesRegistry(terraform);
  if (await registryAnswers) return {};
  return { TF_CLI_CONFIG_FILE: await ensureMirror(providers) };
}

/** Whether Terraform takes the providers from the mirror that was built on this machine. @param variables what `ensureProviders` gave */
export function usesBuiltProviders(variables: NodeJS.ProcessEnv): boolean {
  // After `eval "$(make -s setup)"` the variable comes from the shell.
  const file = variables.TF_CLI_CONFIG_FILE ?? process.env.TF_CLI_CONFIG_FILE;
  return file !== undefined && dirname(resolve(file)) === join(cacheDirectory(), 'providers');
}

let registryAnswers: Promise<boolean> | undefined;

/**
 * Whether the user has said how providers are installed. A variable that names a missing file counts as unset, as it does for Terraform; and
 * so does one that `make setup` has set for an environment on another platform.
 */
async function isConfigured({ isOpenTofu }: Terraform, providers: readonly ProviderSource[]): Promise<boolean> {
  const named = process.env.TF_CLI_CONFIG_FILE;
  if (named && existsSync(named)) {
    const text = usesBuiltProviders({}) ? await readFile(named, 'utf8') : undefined;
    return text === undefined || providers.every(({ source }) => text.includes(`/${source}"`));
  }
  for (const file of isOpenTofu ? ['.tofurc', '.terraformrc'] : ['.terraformrc']) {
    const text = await readFile(join(homedir(), file), 'utf8').catch(() => '');
    if (/^\s*provider_installation\b/m.test(text)) return true;
  }
  return false;
}

/**
 * Whether Terraform gets an answer from the provider registry. Terraform itself is asked, because it alone knows the proxies,
 * certificates and time-outs it will use: it looks for a version that does not exist, and must be told so by the registry.
 */
export async function reachesRegistry(terraform: Terraform, env: NodeJS.ProcessEnv = {}): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'wso2-registry-'));
  try {
    await writeFile(
      join(directory, 'main.tf'),
      'terraform {\n  required_providers {\n    local = {\n      source  = "hashicorp/local"\n      version = "0.0.0"\n    }\n  }\n}\n',
    );
    await run(terraform.binary, ['init', '-backend=false', '-input=false', '-no-color'], {
      cwd: directory,
      env: { CHECKPOINT_DISABLE: '1', TF_REGISTRY_DISCOVERY_RETRY: '0', TF_CLI_CONFIG_FILE: undefined, ...env },
      timeoutMs: REGISTRY_TIMEOUT_MS,
    });
    return true;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.lastLines.join(' ').replace(/\s+/g, ' ').includes('no available releases match');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** @returns the CLI configuration file that makes Terraform use the mirror */
async function ensureMirror(providers: readonly ProviderSource[]): Promise<string> {
  requireProgram(
    'go',
    `Terraform cannot reach its provider registry, so the providers are built from source: install Go ${OLDEST_GO} or newer (https://go.dev/doc/install), or set TF_CLI_CONFIG_FILE to a configuration with your own provider mirror.`,
  );
  const [os = '', architecture = '', goVersion = ''] = (
    await run('go', ['env', 'GOOS', 'GOARCH', 'GOVERSION'], { timeoutMs: 20_000 })
  ).stdout.split('\n');
  const platform = `${os}_${architecture}`;
  const content = providers.map(({ source, version, moduleVersion }) => {
    return `${source.replace('/', '-')}-${version}-${moduleVersion.slice(-12)}`;
  });
  const mirror = await buildOnce(join('providers', [...content, platform].join('_')), async (directory) => {
    requireGo(goVersion, 'the Terraform providers');
    print('Terraform cannot reach its provider registry; building the providers from source, once.');
    for (const provider of providers) {
      await step(`Building the Terraform provider ${provider.source} ${provider.version}`, () =>
        buildProvider(provider, directory, platform),
      );
    }
  });
  return writeCliConfiguration(mirror, providers);
}

async function buildProvider(provider: ProviderSource, mirror: string, platform: string): Promise<void> {
  const name = provider.source.split('/')[1];
  const file = join(provider.source, provider.version, platform, `terraform-provider-${name}_v${provider.version}`);
  const [first = '', ...others] = Object.values(REGISTRIES).map((registry) => join(mirror, registry, file));
  const { module, replacement, moduleVersion } = provider;
  const source = replacement
    ? { module: `${module}@v0.0.0`, replacements: { [module]: `${replacement}@${moduleVersion}` } }
    : { module: `${module}@${moduleVersion}` };
  await buildWithGo({ package: module, ...source }, first);
  for (const other of others) {
    await mkdir(dirname(other), { recursive: true });
    await link(first, other);
  }
}

async function writeCliConfiguration(mirror: string, providers: readonly ProviderSource[]): Promise<string> {
  const file = `${mirror}.tfrc`;
  const sources = Object.values(REGISTRIES).flatMap((name) => providers.map(({ source }) => `${name}/${source}`));
  const content = `provider_installation {
  filesystem_mirror {
    path    = ${JSON.stringify(mirror)}
    include = ${JSON.stringify(sources)}
  }
  direct {
    exclude = ${JSON.stringify(sources)}
  }
}
`;
  if ((await readFile(file, 'utf8').catch(() => '')) !== content) {
    const partial = `${file}.partial-${process.pid}`;
    await writeFile(partial, content);
    await rename(partial, file);
  }
  return file;
}
