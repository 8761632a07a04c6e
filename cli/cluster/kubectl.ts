import { join } from 'node:path';
import { run } from '../setup/process';
import { ensureComponents } from './components';
import { files } from './layout';

/** Runs kubectl as the administrator of the cluster that `make cluster` started, and returns what it printed. */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const program = join(await ensureComponents(), 'kubectl');
  return (await run(program, ['--kubeconfig', files.kubeconfig('admin'), ...args], { input })).stdout;
}
