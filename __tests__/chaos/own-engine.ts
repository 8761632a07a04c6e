import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../cli/setup/errors';
import { run } from '../../cli/setup/process';
import { sandboxImageTags } from '../../images/tags';
import { SecondEngine } from '../support/second-engine';
import { inject, type Outcome } from './fault';
import { ENGINE_FAULTS, ENGINE_LOG, ENGINE_PID, type EngineFault, stopEngine } from './faults/engine';
import { Pair } from './pair';

const FAULT = 'CHAOS_FAULT';
const RESULT = 'CHAOS_RESULT';

/**
 * Does a fault to an engine that is started for it, in a network namespace of its own: nothing else on the machine notices. The load comes
 * from a process inside that namespace, because the published ports are there.
 */
export async function onOwnEngine(fault: EngineFault): Promise<Outcome> {
  const engine = new SecondEngine();
  const result = join(engine.directory, 'outcome.json');
  try {
    await engine.start(fault.options);
    const { identityServer, postgresql, nginx } = sandboxImageTags();
    await engine.load([identityServer, postgresql, nginx]);
    const variables = {
      DOCKER_HOST: engine.host,
      [ENGINE_PID]: String(engine.pid),
      [ENGINE_LOG]: join(engine.directory, 'log'),
      [FAULT]: fault.name,
      [RESULT]: result,
    };
    const inside = [`--net=/proc/${engine.pid}/ns/net`, process.execPath, ...process.execArgv, __filename];
    await run('nsenter', inside, { env: variables });
    return { ...JSON.parse(readFileSync(result, 'utf8')), fault };
  } finally {
    await engine.stop();
  }
}

/** The part inside the namespace. */
async function inside(result: string): Promise<void> {
  const fault = ENGINE_FAULTS.find(({ name }) => name === process.env[FAULT]) as EngineFault;
  const pair = new Pair('chaos-engine');
  try {
    await pair.up();
    writeFileSync(result, JSON.stringify(await inject(pair, fault)));
  } finally {
    await pair.dispose();
    await stopEngine(Number(process.env[ENGINE_PID]));
  }
}

const { [RESULT]: result } = process.env;
if (require.main === module && result !== undefined) runCommand(() => inside(result));
