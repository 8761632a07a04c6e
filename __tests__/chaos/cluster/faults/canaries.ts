import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { files } from '../../../../cli/cluster/layout';
import { canariesOf, filesWith, logsOf, otherObjects, textsWith } from '../../../support/canaries';
import { NOTHING_LOST } from '../../fault';
import { type ClusterFault, clusterFault } from '../cluster-fault';

function commandLines(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      } catch {
        return '';
      }
    })
    .join('\n');
}

export const canaries: ClusterFault = clusterFault({
  name: 'canary secrets',
  done: 'everything in the Secrets that is no certificate is looked for: in all other objects, events, logs of pods and machines, command lines, what etcd has on its disk, and what the commands have written',
  bars: NOTHING_LOST,
  inject: async (pair, note) => {
    const kubectl = (...args: string[]) => pair.kubectl(...args);
    const { items } = JSON.parse(await kubectl('get', 'secrets', '--output', 'json'));
    const looked = canariesOf(items);
    const texts: Record<string, string> = {
      ...(await otherObjects(kubectl)),
      ...(await logsOf(kubectl)),
      'command lines': commandLines(),
    };
    const folders = [dirname(files.log('', '')), files.controlPlane('etcd'), pair.workspace.directory];
    const found = [...textsWith(looked, texts), ...(await filesWith(looked, folders))];
    note.expect(`secrets are in ${found.join(', ')}`, found.length === 0);
    // Whoever finds nothing must be able to find something.
    note.expect('secrets are not found where they are', textsWith(looked, { own: JSON.stringify(items) }).length === 1);
    note.expect('there were too few to look for', looked.length >= 2 * items.length);
    note.remarks.push(`${looked.length / 2} secrets, ${Object.keys(texts).length} texts and ${folders.length} folders`);
  },
});
