import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, run } from '../setup/process';
import type { StackTopology } from '../topology/topology';

/** Folder of the generated Terraform configuration. */
export const OUTPUT_DIRECTORY = 'cdktf.out';

/** The parts of `terraform show -json` that the commands read. */
export interface PlanJson {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly type: string;
    readonly change: { readonly actions: readonly string[]; readonly after: { readonly name?: string } | null };
  }[];
}

/** Terraform in the folder of one stack. */
export class TerraformStackRunner {
  readonly directory: string;

  constructor(
    readonly stack: StackTopology,
    private readonly binary: string,
    private readonly variables: NodeJS.ProcessEnv,
  ) {
    this.directory = join(OUTPUT_DIRECTORY, 'stacks', stack.name);
  }

  async init(): Promise<void> {
    await this.terraform(['init', '-input=false', '-no-color']);
  }

  /** Saves a plan. @returns whether it changes anything */
  async plan(): Promise<boolean> {
    try {
      await this.terraform([
        'plan',
        '-input=false',
        '-no-color',
        '-detailed-exitcode',
        '-lock-timeout=60s',
        '-out=tfplan',
      ]);
      return false;
    } catch (error) {
      if (error instanceof CommandError && error.exitCode === 2) return true;
      throw error;
    }
  }

  get hasPlan(): boolean {
    return existsSync(join(this.directory, 'tfplan'));
  }

  /** The saved plan for people. */
  async planText(colour: boolean): Promise<string> {
    return (await this.terraform(['show', ...(colour ? [] : ['-no-color']), 'tfplan'])).stdout;
  }

  async planJson(): Promise<PlanJson> {
    return JSON.parse((await this.terraform(['show', '-json', 'tfplan'])).stdout) as PlanJson;
  }

  /** Applies the saved plan, unchanged, and shows what Terraform says. */
  async apply(): Promise<void> {
    await this.terraform(['apply', '-input=false', '-no-color', '-lock-timeout=60s', 'tfplan'], true);
  }

  async destroy(): Promise<void> {
    await this.terraform(['destroy', '-auto-approve', '-input=false', '-no-color', '-lock-timeout=60s']);
  }

  private terraform(args: string[], stream = false) {
    return run(this.binary, args, {
      cwd: this.directory,
      stream,
      env: { TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1', ...this.variables },
    });
  }
}
