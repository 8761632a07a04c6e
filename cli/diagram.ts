import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderMermaid } from '../review/diagram/mermaid';
import { renderSvg } from '../review/diagram/svg';
import { EVERY_PLATFORM, runOnEnvironment } from './command';

/** `make diagram`: writes the environment as Mermaid and as SVG. Reads the configuration alone; needs no engine and no cluster. */
runOnEnvironment({ on: EVERY_PLATFORM }, async (topology) => {
  const directory = join('build', topology.environment);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'diagram.mmd'), renderMermaid(topology));
  writeFileSync(join(directory, 'diagram.svg'), renderSvg(topology));
  console.log(`${join(directory, 'diagram.svg')} and ${join(directory, 'diagram.mmd')}`);
});
