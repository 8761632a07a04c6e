import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parsePlan } from '../review/plan/parse-plan';
import type { Plan } from '../review/plan/plan-json';
import type { ChangedFiles } from '../review/plan/planned-stack';
import type { StackTopology } from '../topology/stacks';
import type { StateDocument } from './adopted-state';
import type { ProviderLock } from './lock-file';
import { planInputsDigest } from './plan-file';
import { UserError } from './setup/errors';
import { CommandError, type RunOptions, run } from './setup/process';
import { usesBuiltProviders } from './setup/providers';

/** How Terraform says that a lock file stands against it. */
const LOCK_REFUSAL = /checksums previously recorded|lock\s+file is read-only|previously-selected version/;

/** Folder of the generated Terraform configuration. */
export const OUTPUT_DIRECTORY = 'cdktf.out';

/** Folder in which Terraform works on a stack. */
export function stackDirectory(stack: string, directory = OUTPUT_DIRECTORY): string {
  return join(directory, 'stacks', stack);
}

/** The configuration that is generated for a stack. */
export function configurationFileOf(directory: string, stack: string): string {
  return join(stackDirectory(stack, directory), 'cdk.tf.json');
}

/** How much of an apply is seen. */
export interface ApplyOptions {
  /** Shows nothing of what Terraform says. @default false */
  readonly quiet?: boolean;
  /** Put before each line of what Terraform says. @default - nothing */
  readonly prefix?: string;
  /** Called whenever Terraform says something, at first that it begins with a resource. @default - nobody is told */
  readonly onOutput?: () => void;
  /** Ends it early, with what it is in the middle of finished. @default - nothing does */
  readonly abort?: AbortSignal;
}

/**
 * How much of Terraform's memory, in percent of what it uses, is garbage before that is collected. It and its providers live for seconds:
 * Go's own 100 costs a quarter of a plan's processor time, and this 50 MiB more for each.
 */
const GARBAGE = '400';

/** Terraform in the folder of one stack. */
export class TerraformStackRunner {
  readonly directory: string;
  /** Why Terraform refused to plan to the end; the saved plan can be shown, not applied. @default - it did not */
  refusal: string | undefined;
  /** Files in volumes that are not as a job of this stack installed them; the saved plan lets the job run again. */
  changedFiles: readonly ChangedFiles[] = [];
  /** What the saved plan replaces although nothing of the configuration has changed: addresses, and why, in words. */
  requested: ReadonlyMap<string, string> = new Map();
  /** Whether the saved plan was just made and changes nothing. */
  private unchanged = false;
  private shown: Promise<Plan> | undefined;

  constructor(
    readonly stack: StackTopology,
    private readonly binary: string,
    private readonly variables: NodeJS.ProcessEnv,
    private readonly lock?: ProviderLock,
  ) {
    this.directory = stackDirectory(stack.name);
  }

  /** Makes the folder ready for Terraform, unless it is: backend and providers are the same as last time. */
  async init(): Promise<void> {
    const { terraform } = JSON.parse(readFileSync(this.configurationFile, 'utf8')) as { terraform: TerraformSettings };
    keepFromOthers(this.directory, terraform.backend?.local?.path);
    const lock = this.lock?.of(sourcesOf(terraform));
    const wanted = JSON.stringify([terraform, this.binary, this.variables.TF_CLI_CONFIG_FILE, lock]);
    const marker = join(this.directory, '.terraform', 'initialised-for.json');
    if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
    await this.install(lock);
    writeFileSync(marker, wanted);
  }

  /** Installs the providers: those that the committed lock allows, where it holds. */
  private async install(lock: string | undefined): Promise<void> {
    const args = ['init', '-input=false', '-no-color'];
    const file = join(this.directory, '.terraform.lock.hcl');
    if (lock === undefined) {
      // What Terraform noted about published providers would refuse those that were built here.
      if (usesBuiltProviders(this.variables)) rmSync(file, { force: true });
      await this.terraform(args);
      return;
    }
    writeFileSync(file, lock);
    try {
      await this.terraform([...args, '-lockfile=readonly']);
    } catch (error) {
      if (error instanceof CommandError && LOCK_REFUSAL.test(error.lastLines.join(' '))) {
        throw new UserError(
          `${this.stack.name}: ${this.lock?.file} does not allow the providers that were found. Nothing was planned or applied.\n\n${error.lastLines.join('\n').trim()}\n\nWhere new versions or platforms are meant: "make lock", then review and commit the file. Otherwise somebody gives you other packages than the ones that were locked.`,
        );
      }
      throw error;
    }
  }

  /**
   * Saves a plan.
   *
   * @param destroy plans to destroy everything. @default false
   * @param requested addresses of resources to replace whatever the configuration says, and why, in words. @default - none
   * @param onReading called whenever Terraform says that it reads something that is there. @default - nobody is told
   * @returns whether it changes anything, or would if it were not refused
   */
  async plan(
    destroy = false,
    requested: ReadonlyMap<string, string> = new Map(),
    onReading?: () => void,
  ): Promise<boolean> {
    const replaced = [...requested.keys()].map((address) => `-replace=${address}`);
    this.requested = requested;
    return this.savePlan([...(destroy ? ['-destroy'] : []), ...replaced], onReading);
  }

  /**
   * Saves a plan that destroys what the state knows, without a look at whether it is still there: the provider takes what is not for destroyed.
   *
   * @returns whether there is something to destroy, or would be if it were not refused
   */
  planTeardown(): Promise<boolean> {
    this.requested = new Map();
    return this.savePlan(['-destroy', '-refresh=false']);
  }

  private async savePlan(options: readonly string[], onReading?: () => void): Promise<boolean> {
    this.refusal = undefined;
    this.unchanged = false;
    this.shown = undefined;
    try {
      const args = ['plan', '-input=false', '-no-color', '-detailed-exitcode', '-lock-timeout=60s', '-out=tfplan'];
      await this.initialised([...args, ...options], { onOutput: onReading });
      this.unchanged = true;
      return false;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (error.exitCode === 2) return true;
      this.refusal = protectionRefusal(error);
      if (this.refusal === undefined) throw error;
      return true;
    }
  }

  get hasPlan(): boolean {
    return existsSync(this.planFile);
  }

  /** The saved plan as Terraform keeps it. It holds the state: treat it as a secret. */
  get planFile(): string {
    return join(this.directory, 'tfplan');
  }

  /** The generated configuration. */
  get configurationFile(): string {
    return configurationFileOf(OUTPUT_DIRECTORY, this.stack.name);
  }

  /** Terraform address of the container with this name; undefined where the stack has none. */
  containerAddress(name: string): string | undefined {
    const { resource } = JSON.parse(readFileSync(this.configurationFile, 'utf8')) as {
      readonly resource?: { readonly docker_container?: Readonly<Record<string, { readonly name?: string }>> };
    };
    const found = Object.entries(resource?.docker_container ?? {}).find(([, container]) => container.name === name);
    return found && `docker_container.${found[0]}`;
  }

  /** The saved plan for people. */
  async planText(): Promise<string> {
    return (await this.terraform(['show', '-no-color', 'tfplan'])).stdout;
  }

  /** The saved plan for programs. Of a plan that changes nothing, what Terraform said about the last one from the same origins. */
  planJson(): Promise<Plan> {
    this.shown ??= this.showPlan();
    return this.shown;
  }

  private async showPlan(): Promise<Plan> {
    const show = async () => (await this.terraform(['show', '-json', 'tfplan'])).stdout;
    const origins = this.unchanged ? planInputsDigest(readFileSync(this.planFile)) : undefined;
    if (origins === undefined) return parsePlan(await show());
    const file = join(this.directory, '.terraform', 'unchanged-plan.json');
    const said = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (said.startsWith(`${origins}\n`)) return parsePlan(said.slice(origins.length));
    const text = await show();
    // Like the saved plan, it holds the state.
    writeFileSync(file, `${origins}\n${text}`, { mode: 0o600 });
    return parsePlan(text);
  }

  /** Ids of what the state knows now, by address. */
  async stateIds(): Promise<Map<string, string>> {
    const { values } = JSON.parse((await this.terraform(['show', '-json'])).stdout) as StateJson;
    return new Map(values?.root_module.resources?.map((resource) => [resource.address, resource.values.id]));
  }

  /** The state as the backend keeps it; undefined where there is none. It may hold what must not be shown. */
  async pullState(): Promise<StateDocument | undefined> {
    const { stdout } = await this.terraform(['state', 'pull']);
    return stdout.trim() === '' ? undefined : (JSON.parse(stdout) as StateDocument);
  }

  /** Replaces the state, and completes it with what the providers read. Terraform refuses one that is older or another's. */
  async pushState(state: StateDocument): Promise<void> {
    await this.terraform(['state', 'push', '-lock-timeout=60s', '-'], { input: JSON.stringify(state) });
    await this.initialised([
      'apply',
      '-refresh-only',
      '-auto-approve',
      '-input=false',
      '-no-color',
      '-lock-timeout=60s',
    ]);
  }

  /** Applies the saved plan, unchanged. */
  async apply({ quiet = false, ...options }: ApplyOptions = {}): Promise<void> {
    const args = ['apply', '-input=false', '-no-color', '-lock-timeout=60s', 'tfplan'];
    await this.initialised(args, { stream: !quiet, ...options });
  }

  /** Lets a resource be updated that Terraform would replace, since something after its creation failed. */
  async untaint(address: string): Promise<void> {
    await this.initialised(['untaint', '-lock-timeout=60s', '-no-color', address]);
  }

  /** Runs Terraform, and once more after an init where it asks for one: a provider may have gone from the machine's cache. */
  private async initialised(args: string[], options: RunOptions = {}) {
    try {
      return await this.terraform(args, options);
    } catch (error) {
      if (!(error instanceof CommandError && /(terraform|tofu) init/.test(error.lastLines.join(' ')))) throw error;
      rmSync(join(this.directory, '.terraform'), { recursive: true, force: true });
      await this.init();
      return this.terraform(args, options);
    }
  }

  private terraform(args: string[], options: RunOptions = {}) {
    return run(this.binary, args, {
      ...options,
      cwd: this.directory,
      env: { TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1', GOGC: process.env.GOGC ?? GARBAGE, ...this.variables },
    });
  }
}

/** What the generated configuration of a stack says about Terraform itself. */
interface TerraformSettings {
  readonly required_providers: Readonly<Record<string, { readonly source: string }>>;
  readonly backend?: { readonly local?: { readonly path: string } };
}

/** Saved plans and states hold the whole configuration, and Terraform leaves them readable for every user of the machine. */
function keepFromOthers(stack: string, statePath?: string): void {
  // Only its owner may change it, so it is left alone where it is as it must be.
  if ((statSync(stack).mode & 0o777) !== 0o700) chmodSync(stack, 0o700);
  // A folder that is there may be shared on purpose.
  if (statePath !== undefined) mkdirSync(dirname(join(stack, statePath)), { recursive: true, mode: 0o700 });
}

/** Namespace and name of the providers that a stack requires. */
function sourcesOf({ required_providers: providers }: TerraformSettings): string[] {
  return Object.values(providers).map(({ source }) => source);
}

/** The parts of `terraform show -json` of a state that are read. */
interface StateJson {
  readonly values?: {
    readonly root_module: {
      readonly resources?: readonly { readonly address: string; readonly values: { readonly id: string } }[];
    };
  };
}

/** Terraform's refusal to destroy what is protected, in one sentence; undefined where something else went wrong as well. */
function protectionRefusal({ lastLines }: CommandError): string | undefined {
  const errors = lastLines.filter((line) => /^\s*(\u2502\s*)?Error: /.test(line));
  if (errors.length === 0 || errors.some((line) => !line.includes('Instance cannot be destroyed'))) return undefined;
  const addresses = [...lastLines.join(' ').matchAll(/Resource\s+(\S+)\s+has\s+lifecycle\.prevent_destroy/g)].map(
    ([, found]) => found,
  );
  return `${addresses.join(' and ')} ${addresses.length === 1 ? 'has' : 'have'} prevent_destroy, because the environment is protected`;
}
