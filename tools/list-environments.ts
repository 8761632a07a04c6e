import { appendFileSync } from 'node:fs';
import { loadTopologies } from '../topology/load-topologies';

/**
 * Lists the environments that a pipeline can deploy, as JSON: those with remote state. The state of the others is a file on
 * somebody's machine, and a runner that does not have it would create everything a second time.
 */
const deployable = loadTopologies()
  .filter(({ stacks }) => stacks.every(({ backend }) => backend.type !== 'local'))
  .map(({ environment }) => environment);

const output = `environments=${JSON.stringify(deployable)}\n`;
process.stdout.write(output);
if (process.env.GITHUB_OUTPUT) appendFileSync(process.env.GITHUB_OUTPUT, output);
