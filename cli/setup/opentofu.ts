import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildOnce } from './cache';
import { UserError } from './errors';
import { buildWithGo, OLDEST_GO } from './go';
import { CommandError, isInstalled, run } from './process';
import { print, step } from './progress';

/** A release of OpenTofu. */
export interface OpenTofuRelease {
  readonly version: string;
  /** Address of the folder of its archives. */
  readonly address: string;
  /** SHA-256 of its archives, by platform. */
  readonly archives: Readonly<Record<string, string>>;
}

const VERSION = '1.12.6';

/** The release that is used where neither Terraform nor OpenTofu is installed. */
export const OPENTOFU: OpenTofuRelease = {
  version: VERSION,
  address: `https://github.com/opentofu/opentofu/releases/download/v${VERSION}`,
  archives: {
    linux_amd64: '50a6106fa4de523d09c87af85f3db1dd47535fc005727fdca6852146476b88ec',
    linux_arm64: '9bd0228a81bcd0c88f7045c74378f45a815779f19897191dff7d9efba9976b9e',
    darwin_amd64: '44bb1855f372f17f365fb94517906e78da5001da10f4c98de57a39bf982f3a92',
    darwin_arm64: 'f958ec5e511063be9feb180ca015a4cb7977566a9cf6a8550bba8c2a9b5aba74',
  },
};

/** The same release as its source, with the replacement that its module makes and the mark of a release. */
const SOURCE = {
  package: 'github.com/opentofu/opentofu/cmd/tofu',
  module: `github.com/opentofu/opentofu@v${VERSION}`,
  replacements: { 'github.com/hashicorp/hcl/v2': 'github.com/opentofu/hcl/v2@v2.20.2-0.20251021132045-587d123c2828' },
  texts: { 'github.com/opentofu/opentofu/version.dev': 'no' },
};

const INSTALL =
  'Install Terraform (https://developer.hashicorp.com/terraform/install) or OpenTofu (https://opentofu.org/docs/intro/install/)';
const INSTALL_OR_GO = `${INSTALL}, or Go ${OLDEST_GO} or newer (https://go.dev/doc/install), with which OpenTofu is built.`;
// Who does not answer within ten seconds, or sends nothing for half a minute, is not reached; a slow download is not stopped.
const CURL_OPTIONS = '--fail --silent --show-error --location --connect-timeout 10 --speed-time 30'.split(' ');
const DOWNLOAD_TIMEOUT_MS = 1_800_000;

/**
 * Gets OpenTofu, once: its release by download, checked against the checksum that is pinned here; where it cannot be reached, built
 * with Go from the same version's source.
 *
 * @returns path of the program
 * @throws UserError when the archive is not the expected one, or when neither way works
 */
export async function ensureOpenTofu(release = OPENTOFU): Promise<string> {
  const platform = `${process.platform}_${{ x64: 'amd64' }[process.arch as string] ?? process.arch}`;
  const folder = await buildOnce(`opentofu-${release.version}-${platform}`, async (directory) => {
    print(`Neither Terraform nor OpenTofu is installed: OpenTofu ${release.version} is fetched, once.`);
    const problem = await install(release, platform, directory);
    if (problem !== undefined) await build(release, problem, join(directory, 'tofu'));
  });
  return join(folder, 'tofu');
}

/** Downloads, checks and unpacks the release. @returns why it could not be downloaded, undefined when it was */
async function install(release: OpenTofuRelease, platform: string, directory: string): Promise<string | undefined> {
  const expected = release.archives[platform];
  if (expected === undefined) return `there is no archive for ${platform}`;
  const address = `${release.address}/tofu_${release.version}_${platform}.tar.gz`;
  const archive = join(directory, 'archive.tar.gz');
  try {
    await step(`Downloading OpenTofu ${release.version}`, () => download(address, archive));
    const found = createHash('sha256')
      .update(await readFile(archive))
      .digest('hex');
    if (found !== expected) throw new UserError(unexpected(address, found, expected));
    await run('tar', ['-xzf', archive, '--no-same-owner', '-C', directory, 'tofu']);
    return undefined;
  } catch (error) {
    if (error instanceof DownloadError) return error.message;
    throw error;
  } finally {
    await rm(archive, { force: true });
  }
}

/** The address did not answer as it should. */
class DownloadError extends Error {}

/** curl knows the proxies and authorities of the machine, which Node.js does not; without it, Node.js downloads. */
async function download(address: string, file: string): Promise<void> {
  try {
    if (isInstalled('curl')) await run('curl', [...CURL_OPTIONS, '--output', file, address]);
    else await writeFile(file, await fetched(address));
  } catch (error) {
    if (error instanceof CommandError) throw new DownloadError(error.lastLines.at(-1) ?? error.reason);
    throw error;
  }
}

async function fetched(address: string): Promise<Buffer> {
  const signal = AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS);
  const response = await fetch(address, { signal }).catch(failed);
  if (!response.ok) throw new DownloadError(`${address}: HTTP ${response.status}`);
  return Buffer.from(await response.arrayBuffer().catch(failed));
}

/** What went wrong with a connection is the cause of the error that Node.js throws. */
function failed(error: Error): never {
  throw new DownloadError((error.cause as Error | undefined)?.message || error.message);
}

function unexpected(address: string, found: string, expected: string): string {
  return `${address}: the SHA-256 checksum of what was downloaded is ${found}, that of the release is ${expected}. Nothing of it was kept. ${INSTALL}, or find out who answers for that address, such as a proxy.`;
}

/** @param problem why the release could not be downloaded */
async function build(release: OpenTofuRelease, problem: string, file: string): Promise<void> {
  const failure = `Neither terraform nor tofu was found on the PATH, and OpenTofu ${release.version} could not be downloaded (${problem})`;
  if (!isInstalled('go')) throw new UserError(`${failure}. ${INSTALL_OR_GO}`);
  print(`OpenTofu could not be downloaded (${problem}); building it from source, which takes minutes.`);
  try {
    await step(`Building OpenTofu ${release.version}`, () => buildWithGo(SOURCE, file));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new UserError(`${failure} nor built:\n${error.message}\n${INSTALL_OR_GO}`);
  }
}
