import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { App, TerraformStack } from 'cdktf';
import {
  ClusterNetwork,
  IdentityServerNode,
  KeystoreVolume,
  NginxLoadBalancer,
  OneShotJob,
  SchemaJob,
  SharedDatabase,
} from '../../constructs';
import { LIBRARIES } from '../../constructs/libraries';
import type { NodeTopology } from '../../topology/node';
import { type Json, PROJECT, readSynthesized, temporaryDirectory, topology } from '../support/synth';

/** A stack of somebody else's cdktf app. */
function synthesizeApp(build: (stack: TerraformStack) => void): Json {
  const outdir = temporaryDirectory('app-');
  const app = new App({ outdir });
  const stack = new TerraformStack(app, 'theirs');
  new DockerProvider(stack, 'docker', {});
  build(stack);
  app.synth();
  return readSynthesized(outdir, ['theirs']).stacks[0]?.json.resource;
}

const derived = topology();
const labels = { 'example.org/team': 'identity' };

test('a network and a job work in any stack', () => {
  const resources = synthesizeApp((stack) => {
    const network = new ClusterNetwork(stack, 'network', { ...derived.network, name: 'theirs', labels });
    new OneShotJob(stack, 'job', {
      name: 'theirs-job',
      image: 'busybox:1.37',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
      script: 'echo "${GREETING}, $(hostname)"\n',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a value that Terraform must not read
      environment: { GREETING: 'hello ${world}' },
      labels,
      mounts: [],
      network,
      runsAgainWith: [network.network],
    });
  });
  const [network] = Object.entries<Json>(resources.docker_network)[0] as [string, Json];
  const [job] = Object.values<Json>(resources.docker_container);
  expect(job.networks_advanced).toEqual([{ name: `\${docker_network.${network}.name}` }]);
  expect(job.lifecycle.replace_triggered_by).toEqual([`docker_network.${network}`]);
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: escaped for Terraform
  expect(job.env).toEqual(['GREETING=hello $${world}']);
  expect(job.upload[0].content).toBe('echo "$${GREETING}, $(hostname)"\n');
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above
  expect(job.labels).toEqual([{ label: 'example.org/team', value: 'identity' }]);
});

test('a job without a network has none, and as root has no capability it does not name', () => {
  const resources = synthesizeApp((stack) => {
    new OneShotJob(stack, 'job', { name: 'j', image: 'i', script: ':', environment: {}, labels, mounts: [] });
  });
  const [job] = Object.values<Json>(resources.docker_container);
  expect(job).toMatchObject({ network_mode: 'none', user: '0:0', capabilities: { drop: ['ALL'] } });
  expect(job.capabilities.add).toBeUndefined();
});

test('a node needs only its description and the name of a network', () => {
  const resources = synthesizeApp((stack) => {
    new IdentityServerNode(stack, 'node', {
      ...(derived.nodes[0] as NodeTopology),
      mounts: [
        { volume: 'their-secrets', path: '/run/secrets', readOnly: true },
        { volume: 'their-keystores', path: '/keystores', readOnly: true },
      ],
      network: ClusterNetwork.fromName('their-network'),
      labels,
    });
  });
  const [node] = Object.values<Json>(resources.docker_container);
  expect(node.image).toBe(derived.nodes[0]?.image);
  expect(node.networks_advanced[0].name).toBe('their-network');
  expect(node.volumes.map(({ volume_name }: Json) => volume_name)).toEqual(['their-secrets', 'their-keystores']);
  expect(node.volumes.every(({ read_only }: Json) => read_only)).toBe(true);
});

test('a load balancer brings its configuration volume and job', () => {
  const resources = synthesizeApp((stack) => {
    new NginxLoadBalancer(stack, 'lb', {
      ...derived.loadBalancer,
      configurationJob: derived.jobs.loadBalancerConfiguration,
      configurationVolume: derived.volumes.loadBalancerConfiguration,
      network: ClusterNetwork.fromName('their-network'),
      labels,
    });
  });
  expect(Object.keys(resources.docker_container)).toHaveLength(2);
  const [[id, volume]] = Object.entries<Json>(resources.docker_volume) as [[string, Json]];
  expect(volume.name).toBe(derived.volumes.loadBalancerConfiguration.name);
  // Its own volume is referred to, the certificates of another stack are named.
  for (const container of Object.values<Json>(resources.docker_container)) {
    expect(container.volumes.map(({ volume_name }: Json) => volume_name).sort()).toEqual(
      [`\${docker_volume.${id}.name}`, derived.volumes.loadBalancerCertificates.name].sort(),
    );
  }
});

test('network, keystores, database and schema job fit together in one stack of theirs', () => {
  const resources = synthesizeApp((stack) => {
    const network = new ClusterNetwork(stack, 'network', { ...derived.network, labels });
    const keystores = new KeystoreVolume(stack, 'keystores', {
      volumes: derived.volumes,
      secretsJob: derived.jobs.secrets,
      keystoresJob: derived.jobs.keystores,
      protected: true,
      labels,
    });
    const database = new SharedDatabase(stack, 'database', {
      ...derived.database,
      dataVolume: derived.volumes.databaseData,
      network,
      secrets: keystores,
      protected: true,
      labels,
    });
    expect(database.servers).toEqual(derived.database.servers);
    const schema = derived.jobs.schema as NonNullable<typeof derived.jobs.schema>;
    new SchemaJob(stack, 'schema', {
      scriptsJob: schema.scripts,
      schemaJob: schema.run,
      scriptsVolume: derived.volumes.schemaScripts,
      database,
      network,
      secrets: keystores,
      labels,
    });
  });
  expect(Object.keys(resources.docker_container)).toHaveLength(5);
});

test('every library that a construct imports is loaded before, without its source maps', () => {
  const folder = join(PROJECT, 'constructs');
  const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  const imported = texts.flatMap((text) => [...text.matchAll(/from '(cdktf|@cdktf\/[^']+)'/g)].map(([, name]) => name));
  expect([...LIBRARIES].sort()).toEqual([...new Set(imported)].sort());
});
