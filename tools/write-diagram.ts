import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderMermaid } from '../review/diagram/mermaid';
import { renderSvg } from '../review/diagram/svg';
import { loadTopologies } from '../topology/load-topologies';
import type { Topology } from '../topology/topology';

const DOCS = join(__dirname, '..', 'docs');

/** The pictures of the sandbox that the README shows, by file. */
export function sandboxPictures(): Record<string, string> {
  const [sandbox] = loadTopologies({ only: 'sandbox' }) as [Topology];
  return { [join(DOCS, 'sandbox.svg')]: renderSvg(sandbox), [join(DOCS, 'sandbox.mmd')]: renderMermaid(sandbox) };
}

if (require.main === module) {
  for (const [file, text] of Object.entries(sandboxPictures())) writeFileSync(file, text);
}
