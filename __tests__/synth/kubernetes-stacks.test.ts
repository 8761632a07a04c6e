import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { type Manifest, manifestsOf } from '../../constructs/kubernetes/manifests';
import { KUBERNETES_SHAPES } from '../support/shapes';
import { type Json, type SynthesizedStack, shipped, synthesizeToFiles, temporaryDirectory } from '../support/synth';

const EVERY = [
  ...Object.entries(KUBERNETES_SHAPES),
  ...shipped('kubernetes').map((each) => [each.environment, each] as const),
].map(([name, each]) => [name, each, synthesizeToFiles([each])] as const);

const WORKLOADS = ['Deployment', 'StatefulSet', 'Job'];

/** What Terraform sends for these resources: texts in which it has read its templates. */
function sent(configs: readonly Json[]): Json[] {
  const file = join(temporaryDirectory('yaml-'), 'objects.yaml');
  const texts = configs.map(({ yaml_body }) => yaml_body.replace(/\$\$\{/g, '${').replace(/%%\{/g, '%{'));
  writeFileSync(file, texts.join('\n---\n'));
  return Yaml.load(file);
}

const configOf = (stack: SynthesizedStack, { id }: Manifest): Json =>
  stack.resources.find(({ address }) => address === `kubectl_manifest.${id}`)?.config;

describe.each(EVERY)('%s', (_, topology, { manifest, stacks }) => {
  const layers = manifestsOf(topology);
  const every = layers.flatMap(({ manifests }, index) =>
    manifests.map((each) => ({ ...each, config: configOf(stacks[index] as SynthesizedStack, each) })),
  );

  test('has the layers as stacks, each after the one before, each with a state of its own', () => {
    expect(stacks.map(({ name }) => name)).toEqual(topology.stacks.map(({ name }) => name));
    topology.stacks.forEach(({ name }, index) => {
      const before = topology.stacks[index - 1]?.name;
      expect([name, manifest.stacks[name].dependencies]).toEqual([name, before === undefined ? [] : [before]]);
    });
    const backends = stacks.map(({ json }) => JSON.stringify(json.terraform.backend));
    expect(new Set(backends).size).toBe(stacks.length);
  });

  test('needs one provider, and of that the cluster that the configuration names', () => {
    const { platform } = topology;
    for (const { json } of stacks) {
      expect(json.terraform.required_providers).toEqual({
        kubectl: { source: 'gavinbunney/kubectl', version: '~> 1.19' },
      });
      const context = platform.kind === 'kubernetes' ? platform.context : undefined;
      expect(json.provider).toEqual({ kubectl: [{ config_context: context }] });
    }
  });

  test('sends each manifest as it stands, with a key that changes with its content', () => {
    expect(stacks.flatMap(({ resources }) => resources)).toHaveLength(every.length);
    const objects = sent(every.map(({ config }) => config));
    expect(objects).toHaveLength(every.length);
    for (const [index, { object, config }] of every.entries()) {
      expect(config.yaml_body).not.toMatch(/(^|[^$])\$\{|(^|[^%])%\{/);
      const { metadata, ...rest } = objects[index];
      const keys = Object.keys(metadata.annotations).filter((key) => key.startsWith('wso2-is-active-active.content/'));
      expect(keys).toHaveLength(1);
      delete metadata.annotations[keys[0] as string];
      expect({ metadata, ...rest }).toEqual(JSON.parse(JSON.stringify(object)));
    }
  });

  test('what somebody has set by hand is set back', () => {
    for (const { config } of every) expect(config).toMatchObject({ server_side_apply: true, force_conflicts: true });
  });

  test('pods begin when all else of their layer is there, and end before it goes', () => {
    layers.forEach(({ manifests }, index) => {
      const isThing = ({ object }: Manifest) =>
        !WORKLOADS.includes(object.kind) && object.metadata.name !== topology.volumes.protection.name;
      const things = manifests.filter(isThing).map(({ id }) => `kubectl_manifest.${id}`);
      for (const each of manifests) {
        const config = configOf(stacks[index] as SynthesizedStack, each);
        if (isThing(each)) expect(config.depends_on).toBeUndefined();
        else expect(config.depends_on).toEqual(expect.arrayContaining(things));
        expect([each.id, config.wait]).toEqual([each.id, WORKLOADS.includes(each.object.kind) ? true : undefined]);
      }
    });
  });

  test('a Job is replaced when it changes, and nothing else is', () => {
    for (const { object, config } of every) {
      expect([object.kind, config.force_new]).toEqual([object.kind, object.kind === 'Job' ? true : undefined]);
    }
  });

  test('Terraform waits longer for a rollout than Kubernetes, which knows the reason', () => {
    const deployments = every.filter(({ object }) => object.kind === 'Deployment');
    expect(deployments).toHaveLength(topology.nodes.length + 1);
    for (const { object, config } of deployments) {
      const { progressDeadlineSeconds = 600 } = object.spec as Json;
      expect(Number.parseInt(config.timeouts.create, 10)).toBeGreaterThan(progressDeadlineSeconds);
      expect(config.wait_for_rollout).toBeUndefined();
    }
  });

  test('what cannot be made again refuses to be destroyed, where the environment is protected', () => {
    const kept = every.filter(({ config }) => config.lifecycle?.prevent_destroy).map(({ object }) => object);
    const stateful = every
      .map(({ object }) => object)
      .filter(({ kind }) => ['Secret', 'PersistentVolumeClaim'].includes(kind));
    expect(kept).toEqual(topology.protected ? stateful : []);
    const markers = every.filter(({ object }) => object.metadata.name === topology.volumes.protection.name);
    expect(markers).toHaveLength(topology.protected ? 1 : 0);
    for (const { config } of markers) expect(config.depends_on).toHaveLength((layers[0]?.manifests.length ?? 0) - 1);
  });
});

test('what has changed has another key, and nothing else has', () => {
  const resourcesOf = (shape: string) =>
    synthesizeToFiles([KUBERNETES_SHAPES[shape] as (typeof KUBERNETES_SHAPES)[string]]).stacks.flatMap(
      ({ resources }) => resources,
    );
  const [one, other] = [resourcesOf('kubernetes'), resourcesOf('kubernetes-protected')];
  const keyOf = ({ yaml_body }: Json) => /\.content\/\w+/.exec(yaml_body)?.[0];
  const contentOf = ({ yaml_body }: Json) => yaml_body.replace(/"[\w.-]+\.content\/\w+":"",?/, '');
  let changed = 0;
  for (const { address, config } of other) {
    const before = one.find((each) => each.address === address)?.config;
    if (before === undefined) continue;
    const isSame = contentOf(before) === contentOf(config);
    if (!isSame) changed += 1;
    expect([address, keyOf(before) === keyOf(config)]).toEqual([address, isSame]);
  }
  expect(changed).toBeGreaterThan(0);
});
