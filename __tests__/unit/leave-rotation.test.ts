import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT, temporaryDirectory } from '../support/synth';

/**
 * Runs the script of node 1 before two load balancers.
 *
 * @param statuses what each says about node 2, answer after answer, the last for ever; "" where it does not answer
 */
function leave(statuses: Readonly<Record<string, readonly string[]>>) {
  const folder = temporaryDirectory('leave-');
  const program = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  for (const [address, said] of Object.entries(statuses)) {
    writeFileSync(join(folder, `${address}.status`), `${said.join('\n')}\n`);
  }
  program(
    'getent',
    Object.keys(statuses)
      .map((address) => `echo '${address}  STREAM balancers'; echo '${address}  DGRAM'`)
      .join('\n'),
  );
  program('sleep', `echo "sleep $1" >>"${folder}/log"`);
  program(
    'curl',
    `for url; do :; done
address=\${url#http://} address=\${address%%:*}
case $url in
  */drain/node-1) grep -q . "${folder}/$address.status" && echo "drain $address" >>"${folder}/log" ;;
  */status)
    rotation=$(head -n 1 "${folder}/$address.status")
    [ "$(wc -l <"${folder}/$address.status")" = 1 ] || sed -i 1d "${folder}/$address.status"
    [ -n "$rotation" ] || exit 7
    echo '{"nodes":[{"name":"node-1","rotation":"in"},{"name":"node-2","rotation":"'"$rotation"'"}]}' ;;
esac`,
  );
  writeFileSync(join(folder, 'log'), '');
  const { status, stderr } = spawnSync('/bin/sh', [join(PROJECT, 'runtime/kubernetes/leave-rotation.sh')], {
    encoding: 'utf8',
    env: {
      PATH: `${folder}:${process.env.PATH}`,
      ...{ LOAD_BALANCERS: 'balancers', CONTROL_PORT: '9080', NODE_NAME: 'node-1', DRAIN_SECONDS: '5' },
      ...{ LEAVE_CHECKS: '8', SETTLED_CHECKS: '3' },
    },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
}

test('a node leaves at every load balancer, once another has served for a while at each', () => {
  expect(leave({ '10.0.0.1': ['in'], '10.0.0.2': ['in'] })).toEqual([
    ...['sleep 1', 'sleep 1', 'sleep 1', 'sleep 1'],
    ...['drain 10.0.0.1', 'drain 10.0.0.2', 'sleep 5'],
  ]);
});

test('a node that comes and goes is waited for again', () => {
  const waits = leave({ '10.0.0.1': ['in', 'in', 'out', 'in'] }).filter((line) => line === 'sleep 1');
  expect(waits).toHaveLength(5);
});

test('where no other node serves, it leaves after a while all the same: whoever stops it may mean all', () => {
  expect(leave({ '10.0.0.1': ['out'] })).toEqual([...Array(8).fill('sleep 1'), 'drain 10.0.0.1', 'sleep 5']);
});

test('a load balancer that does not answer holds nobody up', () => {
  expect(leave({ '10.0.0.1': [''], '10.0.0.2': ['in'] })).toEqual([
    ...['sleep 1', 'sleep 1', 'drain 10.0.0.2', 'sleep 5'],
  ]);
});
