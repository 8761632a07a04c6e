import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderMermaid, renderSvg } from '../review/diagram';
import { selectedTopology } from './command';
import { runCommand } from './setup/errors';

/** `make diagram`: writes the environment as Mermaid and as SVG. Reads the configuration alone; needs no engine. */
runCommand(async () => {
  const topology = selectedTopology();
  const directory = join('build', topology.environment);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'diagram.mmd'), renderMermaid(topology));
  writeFileSync(join(directory, 'diagram.svg'), renderSvg(topology));
  console.log(`${join(directory, 'diagram.svg')} and ${join(directory, 'diagram.mmd')}`);
});
