import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobsInOrder } from '../../topology/jobs';
import { POD_WORDS, wordedFor } from '../../topology/pod-words';
import type { Topology } from '../../topology/topology';
import { PROJECT, SMALLEST, topology } from '../support/synth';

// What job scripts and entry points say, by the platform on which somebody reads it.
const cluster = topology(`[platform]\nkind = "kubernetes"\ncontext = "bank"\n${SMALLEST}`, 'bank');
const docker = topology(SMALLEST, 'bank');

const FILES = readdirSync(join(PROJECT, 'runtime'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.sh'))
  .map((file) => readFileSync(join(PROJECT, 'runtime', file), 'utf8'));

function scriptsOf({ jobs, nodes }: Topology): string[] {
  const files = nodes.flatMap((node) => Object.entries(node.files));
  return [
    ...jobsInOrder(jobs).map(({ script }) => script),
    ...files.filter(([path]) => path.endsWith('.sh')).map(([, text]) => text),
  ];
}

const code = (script: string) => script.replace(/^\s*#.*$/gm, '');

test.each(POD_WORDS.map(([words]) => words))('scripts still say "%s"', (words) => {
  expect(FILES.some((text) => code(text).includes(words))).toBe(true);
});

test('on Docker every script is its file, byte for byte', () => {
  for (const text of FILES) expect(wordedFor({ platform: { kind: 'docker' } } as never, text)).toBe(text);
  const all = scriptsOf(docker);
  for (const [words] of POD_WORDS) expect([words, all.some((script) => script.includes(words))]).toEqual([words, true]);
});

test('in a pod no script sends anybody to a Docker host, or to a command that is for Docker alone', () => {
  const scripts = scriptsOf(cluster);
  // Those of pods alone: leaving the rotation, refusing strangers, and having started.
  expect(scripts).toHaveLength(scriptsOf(docker).length + 3 * cluster.nodes.length);
  for (const script of scripts) {
    expect(code(script)).not.toMatch(
      /\bdocker [a-z]|the engine|the volume \$|make (upgrade|adopt|network-rules) ENVIRONMENT/,
    );
  }
});

test('whoever lost the authority is told how its Secret comes back', () => {
  const { script } = cluster.jobs.keystores;
  const assignment = script.slice(script.indexOf('restore_all='), script.indexOf('in_use='));
  const { stdout } = spawnSync('sh', ['-euc', `${assignment}\nprintf %s "$restore_all"`], {
    env: { PATH: process.env.PATH, ENVIRONMENT: 'bank', KUBECTL: 'kubectl --context bank -n bank' },
    encoding: 'utf8',
  });
  expect(stdout).toBe(
    'Put the Secret back from a backup: kubectl --context bank -n bank delete secret bank-certificate-authority && make restore ENVIRONMENT=bank < keys.tar && make up ENVIRONMENT=bank',
  );
});
