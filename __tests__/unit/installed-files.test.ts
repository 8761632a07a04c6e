import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandContext } from '../../cli/command';
import type { EngineContainer } from '../../cli/environment-engine';
import { COMPARE, changedVolumes } from '../../cli/installed-files';
import { PROJECT, topology } from '../support/synth';

// What jobs install is listed with its digests; who changes a file in a volume by hand is found out by the next plan.
const derived = topology(undefined, 'bank');
const JOBS = [derived.jobs.loadBalancerConfiguration.name, derived.jobs.schema?.scripts.name as string];

const VOLUMES = [derived.volumes.loadBalancerConfiguration.name, derived.volumes.schemaScripts.name];

async function changed(said: string, volumes: readonly string[], running: readonly string[] = ['bank-load-balancer']) {
  const asked: string[][] = [];
  const engine = {
    names: async () => volumes,
    lookIntoVolumes: async (_: string, __: string, mounts: string[]) => {
      asked.push(mounts);
      return said;
    },
  };
  const containers = running.map((name) => ({ name, image: 'image' }) as EngineContainer);
  const context = { topology: derived, engine } as unknown as Pick<CommandContext, 'topology' | 'engine'>;
  return { found: await changedVolumes(context, containers), asked };
}

test('a changed file is named with its volume, and with the job that installs it again', async () => {
  const said = 'load-balancer-configuration revisions/1/nginx.conf\nschema-scripts dbscripts/a b.sql\n';
  const { found, asked } = await changed(said, VOLUMES);
  expect(found).toEqual([
    { volume: 'bank-schema-scripts', job: JOBS[1], layer: 'foundation', files: ['dbscripts/a b.sql'], lost: [] },
    {
      volume: 'bank-load-balancer-configuration',
      job: JOBS[0],
      layer: 'load-balancer',
      files: ['revisions/1/nginx.conf'],
      lost: [],
    },
  ]);
  expect(asked.flat().every((mount) => mount.endsWith(':ro'))).toBe(true);
});

test('a list that is missing is an earlier release’s, but that of keystores whose job has run', async () => {
  const said = 'schema-scripts checksums\nkeystores checksums\n';
  const volumes = [...VOLUMES, derived.volumes.keystores.name];
  expect((await changed(said, volumes)).found).toEqual([]);
  const { found } = await changed(said, volumes, ['bank-load-balancer', 'bank-keystores-job']);
  expect(found).toMatchObject([{ volume: 'bank-keystores', job: 'bank-keystores-job', files: ['checksums'] }]);
});

test('where no volume or no container is there, nothing is asked, and no volume comes to be by it', async () => {
  expect(await changed('', [])).toEqual({ found: [], asked: [] });
  expect(await changed('', VOLUMES, [])).toEqual({ found: [], asked: [] });
});

test('the list that a job writes finds a file that was changed and one that is gone, and nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'installed-'));
  try {
    const installed = join(folder, 'configuration', 'revisions', '1');
    mkdirSync(installed, { recursive: true });
    mkdirSync(join(folder, 'of an earlier release'));
    for (const file of ['nginx.conf', 'routing.js', 'topology.js']) writeFileSync(join(installed, file), file);
    const sh = (script: string) => spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout;
    sh(`. '${PROJECT}/runtime/jobs/seal.sh'; seal '${folder}/configuration' revisions/1`);
    const compare = COMPARE.replace('/volumes/', `${folder}/`);
    expect(sh(compare)).toBe('of an earlier release checksums\n');
    rmSync(join(folder, 'of an earlier release'), { recursive: true });
    appendFileSync(join(installed, 'nginx.conf'), '# by hand\n');
    rmSync(join(installed, 'topology.js'));
    expect(sh(compare)).toBe('configuration revisions/1/nginx.conf\nconfiguration revisions/1/topology.js\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
