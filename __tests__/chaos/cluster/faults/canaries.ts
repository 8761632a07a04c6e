import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { files } from '../../../../cli/cluster/layout';
import { CommandError, run } from '../../../../cli/setup/process';
import { NOTHING_LOST } from '../../fault';
import { type ClusterFault, clusterFault } from '../cluster-fault';
import type { ClusterPair } from '../pair';

/** Shorter texts are found anywhere by chance. */
const SHORTEST = 12;
const OBJECTS = ['configmaps', 'pods', 'events', 'deployments', 'replicasets', 'jobs', 'services', 'networkpolicies'];

/** What is in the Secrets and is no certificate, as texts that can be looked for: whole values, and a line of each private key. */
export function canariesOf(secrets: readonly { readonly data?: Readonly<Record<string, string>> }[]): string[] {
  const texts = secrets.flatMap(({ data = {} }) =>
    Object.entries(data)
      .filter(([name]) => !name.endsWith('.crt'))
      .map(([, value]) => Buffer.from(value, 'base64').toString('latin1').trim()),
  );
  const canaries = texts
    .map((text) => (text.includes('PRIVATE KEY') ? (text.split('\n')[1] ?? '') : text))
    .filter((text) => text.length >= SHORTEST && /^[\x20-\x7e]+$/.test(text));
  return [...new Set(canaries)].flatMap((text) => [text, Buffer.from(text).toString('base64')]);
}

/** @returns which of the texts have a canary in them, by their titles */
function textsWith(canaries: readonly string[], texts: Readonly<Record<string, string>>): string[] {
  return Object.entries(texts)
    .filter(([, text]) => canaries.some((canary) => text.includes(canary)))
    .map(([title]) => title);
}

/** @returns files below folders that have one of the canaries in them */
async function filesWith(canaries: readonly string[], folders: readonly string[]): Promise<string[]> {
  try {
    // On standard input: as arguments, other users would see them.
    const how = ['--recursive', '--fixed-strings', '--files-with-matches', '--text', '--file=-'];
    const { stdout } = await run('grep', [...how, ...folders], { input: `${canaries.join('\n')}\n` });
    return stdout.trim().split('\n');
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === 1) return [];
    throw error;
  }
}

async function logsOf(pair: ClusterPair): Promise<Record<string, string>> {
  const names = (await pair.kubectl('get', 'pods', '--output', 'name')).trim().split('\n');
  const logs = names.map(async (name) => [
    `log of ${name}`,
    await pair.kubectl('logs', name, '--all-containers', '--tail=-1').catch(() => ''),
  ]);
  return Object.fromEntries(await Promise.all(logs));
}

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
    const { items } = JSON.parse(await pair.kubectl('get', 'secrets', '--output', 'json'));
    const looked = canariesOf(items);
    const objects = OBJECTS.map(async (kind) => [kind, await pair.kubectl('get', kind, '--output', 'json')]);
    const texts: Record<string, string> = {
      ...Object.fromEntries(await Promise.all(objects)),
      ...(await logsOf(pair)),
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
