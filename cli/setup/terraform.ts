import { UserError } from './errors';
import { isInstalled, run } from './process';

/** The Terraform, or OpenTofu, that the commands use. */
export interface Terraform {
  readonly binary: string;
  readonly version: string;
  readonly isOpenTofu: boolean;
}

const OLDEST = '1.5';

/**
 * Finds Terraform: the program named by TERRAFORM_BINARY_NAME, as in cdktf itself, else `terraform`.
 *
 * @throws UserError when it is missing, not Terraform, or older than 1.5
 */
export async function ensureTerraform(): Promise<Terraform> {
  const binary = process.env.TERRAFORM_BINARY_NAME || 'terraform';
  if (!isInstalled(binary)) throw new UserError(missing(binary));
  // Without the variable the program asks its vendor for news first.
  const { stdout } = await run(binary, ['version'], { env: { CHECKPOINT_DISABLE: '1' }, timeoutMs: 20_000 });
  const found = /^(Terraform|OpenTofu) v(\d+)\.(\d+)(\.\d+\S*)?/m.exec(stdout);
  if (!found) throw new UserError(`${binary} version: neither Terraform nor OpenTofu. ${INSTALL}`);
  const [, product, major, minor, patch = ''] = found;
  const version = `${major}.${minor}${patch}`;
  if (Number(major) < 1 || (Number(major) === 1 && Number(minor) < 5)) {
    throw new UserError(`${product} ${version} (${binary}) is too old. ${INSTALL}`);
  }
  return { binary, version, isOpenTofu: product === 'OpenTofu' };
}

const INSTALL = `Install Terraform ${OLDEST} or newer (https://developer.hashicorp.com/terraform/install), or OpenTofu and set TERRAFORM_BINARY_NAME=tofu.`;

function missing(binary: string): string {
  if (binary === 'terraform' && isInstalled('tofu')) {
    return 'terraform was not found on the PATH, but OpenTofu was: set TERRAFORM_BINARY_NAME=tofu to use it.';
  }
  const name = binary === 'terraform' ? '' : ' (named by TERRAFORM_BINARY_NAME)';
  return `${binary}${name} was not found on the PATH. ${INSTALL}`;
}
