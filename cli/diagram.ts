import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderMermaid } from '../review/diagram/mermaid';
import { renderSvg } from '../review/diagram/svg';
import { selectedTopology } from './command';
import { runCommand } from './setup/errors';

/** `make diagram`: writes the environment as Mermaid and as SVG. Reads the configuration alone; needs no engine and no cluster. */
runCommand(async () => {
  const topology = selectedTopology({ on: ['docker', 'kubernetes'] });
  const directory = join('build', topology.environment);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'diagram.mmd'), renderMermaid(topology));
  writeFileSync(join(directory, 'diagram.svg'), renderSvg(topology));
  console.log(`${join(directory, 'diagram.svg')} and ${join(directory, 'diagram.mmd')}`);
});
