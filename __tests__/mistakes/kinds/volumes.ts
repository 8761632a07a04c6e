import { readFileSync, writeFileSync } from 'node:fs';
import { run } from '../../../cli/setup/process';
import { NOTHING_LOST } from '../../chaos/fault';
import { NODE_PORT, type Pair } from '../../chaos/pair';
import { docker, eventually, inspect, waitUntilHealthy } from '../../support/workspace';
import type { Mistake } from '../mistake';
import { makeWithFile } from '../operator';
import { OUTAGE } from './containers';

/** What `docker system prune` does, to this environment alone: others use the engine, too. */
async function prune({ name }: Pair, kinds: readonly string[]): Promise<void> {
  const filter = ['--force', '--filter', `label=wso2-is-active-active.environment=${name}`];
  for (const kind of kinds) await docker(kind, 'prune', ...filter);
}

const pruned: Mistake = {
  name: 'docker system prune while a node is stopped',
  done: 'node 1 is stopped for a while, and somebody makes room: its container goes, with the jobs that have ended',
  back: 'make up',
  bars: NOTHING_LOST,
  make: async (operator, pair) => {
    const [node, other] = pair.nodes;
    await docker('stop', '--time', '90', node.container);
    const before = await inspect(other.container);
    await prune(pair, ['container', 'network']);
    await operator.refused('status', [`its container ${node.container} is missing`]);
    await operator.done('up');
    operator.note.expect('the other node was touched', (await inspect(other.container)).Id === before.Id);
  },
};

const AUTHORITY = 'certificate-authority';

const prunedVolumes: Mistake = {
  name: 'docker system prune --volumes',
  done: 'while all of it runs: the jobs go, and then the volume with the private keys, which only a job has',
  back: 'make restore with the archive of make backup, at first with one that is damaged; make up',
  bars: NOTHING_LOST,
  prepare: async (pair) => {
    await makeWithFile(pair, 'backup', '>keys.tar');
    return async () => undefined;
  },
  make: async (operator, pair) => {
    const { workspace, name, nodes, address } = pair;
    const served = () =>
      Promise.all([
        pair.certificateOf(address, 443),
        ...nodes.map((node) => pair.certificateOf(node.address, NODE_PORT)),
      ]);
    const shown = await served();
    const volume = `${name}-${AUTHORITY}`;
    await operator.untouched('what was lost, refused and restored', async () => {
      await prune(pair, ['container', 'volume']);
      const volumes = (await docker('volume', 'ls', '--quiet')).split('\n');
      operator.note.expect('the volume with the keys is still there', !volumes.includes(volume));
      await operator.done('plan', ['it is gone, and an empty one takes its place: the certificate authority is lost']);
      await operator.refused('up', [`${volume} is gone`, `make restore ENVIRONMENT=${name}`]);
      // One character of a key, which the archive's own format does not notice.
      const archive = readFileSync(workspace.path('keys.tar'));
      archive.write('#', archive.indexOf('BEGIN PRIVATE KEY') + 60);
      writeFileSync(workspace.path('damaged.tar'), archive);
      await operator.withFile('restore', '<damaged.tar', false, ['the archive is damaged']);
      await operator.refused('up', [`${volume} is gone`]);
      await operator.withFile('restore', '<keys.tar', true, [`${volume} is restored`]);
      await operator.done('up');
    });
    operator.note.expect('another certificate is served', `${await served()}` === `${shown}`);
  },
};

/** Enough for what the pair writes, and little to fill. */
const DISK_MEBIBYTES = 400;
const FILLER = 'filler';

const fullDatabase: Mistake = {
  name: 'the database’s disk filled to the last byte',
  done: `something else fills the file system of ${DISK_MEBIBYTES} MiB that the database’s volume is on`,
  back: 'room is made; the engine starts the database again',
  bars: { ...OUTAGE, recoverySeconds: 60 },
  // On a file system of its own, in memory: no disk of this machine is filled.
  prepare: async (pair) => {
    const folder = await docker('volume', 'inspect', '--format', '{{.Mountpoint}}', `${pair.name}-database-data`);
    const copy = `${folder}-copy`;
    const move = async (script: string) => {
      await docker('stop', '--time', '60', pair.database);
      await onHost(script, folder, copy);
      await docker('start', pair.database);
      await waitUntilHealthy(pair.database);
    };
    await move(
      `cp -a "$1" "$2" && mount -t tmpfs -o size=${DISK_MEBIBYTES}m tmpfs "$1" && cp -a "$2/." "$1" && rm -r "$2"`,
    );
    return () => move('cp -a "$1" "$2" && umount "$1" && cp -a "$2/." "$1" && rm -r "$2"');
  },
  make: async (operator, pair) => {
    const { note } = operator;
    const folder = await docker('volume', 'inspect', '--format', '{{.Mountpoint}}', `${pair.name}-database-data`);
    await note.faultWindow(async () => {
      await onHost(`dd if=/dev/zero of="$1/${FILLER}" bs=1M 2>/dev/null || true`, folder);
      await eventually('make status names the full disk', 120, async () =>
        (await pair.status()).stderr.includes('a disk or volume is full'),
      );
      await operator.refused('status', ['a disk or volume is full']);
      await onHost(`rm "$1/${FILLER}"`, folder);
      await waitUntilHealthy(pair.database);
    });
    await operator.done('up');
    for (const { container } of pair.nodes) {
      note.expect(`${container} was restarted`, (await inspect(container)).RestartCount === 0);
    }
  },
};

/** Runs a script where the engine is: its mounts are not this process's where it has been started in a namespace of its own. */
async function onHost(script: string, ...args: string[]): Promise<void> {
  const { stdout } = await run('pgrep', ['-xo', 'dockerd']);
  await run('nsenter', ['--target', stdout.trim(), '--mount', '--', 'sh', '-c', script, 'sh', ...args]);
}

export const volumeMistakes = { pruned, prunedVolumes, fullDatabase };
