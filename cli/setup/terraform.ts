import { UserError } from './errors';
import { ensureOpenTofu, OPENTOFU } from './opentofu';
import { isInstalled, run } from './process';

/** The Terraform, or OpenTofu, that the commands use. */
export interface Terraform {
  readonly binary: string;
  readonly version: string;
  readonly isOpenTofu: boolean;
}

const OLDEST = '1.5';

/**
 * Makes sure that there is a Terraform: the program named by TERRAFORM_BINARY_NAME, as in cdktf itself, else `terraform`, else `tofu`,
 * else an OpenTofu of our own.
 *
 * @param release what is fetched where there is none. @default - the release that is pinned here
 * @throws UserError when there is none and none can be had, when it is not Terraform, or older than 1.5, or when a variable would change
 * what it does
 */
export async function ensureTerraform(release = OPENTOFU): Promise<Terraform> {
  requireOwnArguments();
  const binary = namedProgram() ?? ['terraform', 'tofu'].find(isInstalled) ?? (await ensureOpenTofu(release));
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

/** By these, Terraform would plan or apply something else than what is shown and reviewed, in another state, or with other programs. */
const FOREIGN = /^TF_(CLI_ARGS(_.*)?|WORKSPACE|DATA_DIR|REATTACH_PROVIDERS)$/;
/** What only says how to find the state, or what everybody has. */
const HARMLESS = /^TF_(CLI_ARGS_init=|WORKSPACE=default$|\w+=$)/;

function requireOwnArguments(): void {
  const foreign = Object.entries(process.env)
    .filter(([name, value]) => FOREIGN.test(name) && !HARMLESS.test(`${name}=${value}`))
    .map(([name]) => name);
  if (foreign.length === 0) return;
  throw new UserError(
    `${foreign.sort().join(' and ')} would change what Terraform plans and applies, and nobody would see it in the report; unset ${foreign.length === 1 ? 'it' : 'them'}. Of these only TF_CLI_ARGS_init may be set.`,
  );
}

/** Variables with which cdktf uses the same program. */
export function terraformVariables({ binary }: Terraform): NodeJS.ProcessEnv {
  return binary === 'terraform' ? {} : { TERRAFORM_BINARY_NAME: binary };
}

const INSTALL = `Install Terraform ${OLDEST} or newer (https://developer.hashicorp.com/terraform/install), or OpenTofu and set TERRAFORM_BINARY_NAME=tofu.`;

function namedProgram(): string | undefined {
  const name = process.env.TERRAFORM_BINARY_NAME || undefined;
  if (name === undefined || isInstalled(name)) return name;
  throw new UserError(
    `${name} (named by TERRAFORM_BINARY_NAME) was not found on the PATH. Install it, or unset the variable: then terraform, tofu, or an OpenTofu that is fetched is used.`,
  );
}
