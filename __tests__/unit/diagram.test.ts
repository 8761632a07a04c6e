import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { manifestsOf } from '../../constructs/kubernetes/manifests';
import { renderChanges, renderMermaid } from '../../review/diagram/mermaid';
import type { Part } from '../../review/diagram/parts';
import { sceneOf } from '../../review/diagram/scene';
import { renderSvg } from '../../review/diagram/svg';
import { sandboxPictures } from '../../tools/write-diagram';
import type { KubernetesPlatform } from '../../topology/platform';
import type { Topology } from '../../topology/topology';
import { KUBERNETES_SHAPES, SHAPES } from '../support/shapes';
import { type Json, SMALLEST, shipped, shippedTopologies, synthesizeToFiles, topology } from '../support/synth';

const REGENERATE = 'npx tsx tools/write-diagram.ts';

const eightNodes = topology(SMALLEST.replace('[load_balancer]', 'nodes = 8\n[load_balancer]'));
const shapes: [string, Topology][] = [
  ...Object.entries(SHAPES),
  ...shippedTopologies().map((each): [string, Topology] => [`${each.environment}.toml`, each]),
  ['eight nodes', eightNodes],
];

test.each(Object.entries(sandboxPictures()).map(([file, text]) => [basename(file), file, text]))(
  `docs/%s is up to date; if not, run: ${REGENERATE}`,
  (_, file, text) => {
    const isFresh = readFileSync(file, 'utf8') === text;
    expect(isFresh ? 'up to date' : `out of date; run: ${REGENERATE}`).toBe('up to date');
  },
);

describe.each(shapes)('the picture of %s', (_, each) => {
  const scene = sceneOf(each);
  const parts: Part[] = [
    scene.loadBalancer.container,
    scene.loadBalancer.job,
    ...scene.nodes.map(({ container }) => container),
    ...scene.foundation.jobs,
    ...(scene.foundation.database ? [scene.foundation.database] : []),
  ];
  const stacks = synthesizeToFiles([each]).stacks;
  const resources = stacks.flatMap((stack) => stack.resources.map((resource) => ({ ...resource, stack: stack.name })));
  const named = (type: string) => resources.filter((resource) => resource.type === type);

  test('shows the containers that Terraform creates, and the volumes that something mounts, no more and no less', () => {
    const shown = [...scene.loadBalancer.volumes, ...scene.foundation.volumes].map(({ name }) => name);
    expect(parts.map(({ name }) => name).sort()).toEqual(named('docker_container').map(nameOf).sort());
    const mounts = JSON.stringify(named('docker_container').map(({ config }) => config.volumes));
    const mounted = named('docker_volume').filter(
      ({ address, config }) => mounts.includes(`{${address}.`) || mounts.includes(`"${config.name}"`),
    );
    expect(mounted.length).toBeGreaterThan(5);
    expect(shown.sort()).toEqual(mounted.map(nameOf).sort());
  });

  test('shows every mount as Terraform makes it', () => {
    const volumes = new Map(named('docker_volume').map(({ address, config }) => [`\${${address}.name}`, config.name]));
    for (const { config } of named('docker_container')) {
      const mounted = (config.volumes ?? []).map(({ volume_name: volume, read_only: readOnly = false }: Json) => ({
        volume: volumes.get(volume) ?? volume,
        readOnly,
      }));
      const part = parts.find(({ name }) => name === config.name) as Part;
      expect({ name: config.name, mounts: sorted(part.mounts.map(({ letter: _letter, ...mount }) => mount)) }).toEqual({
        name: config.name,
        mounts: sorted(mounted),
      });
    }
  });

  test('shows every fixed address and every published port', () => {
    for (const { config } of named('docker_container')) {
      const part = parts.find(({ name }) => name === config.name) as Part;
      expect(part.address).toBe(config.networks_advanced?.[0]?.ipv4_address);
      for (const { external, ip } of config.ports ?? []) {
        expect(scene.client.published).toMatch(new RegExp(`^${ip.replaceAll('.', '\\.')} : .*\\b${external}\\b`));
      }
    }
  });

  test('numbers the stacks in the order of applying and puts each container into its own', () => {
    const shown = [scene.foundation, ...scene.nodes, scene.loadBalancer].map(({ name, order }) => ({ name, order }));
    expect(shown.sort((one, other) => one.order - other.order)).toEqual(
      stacks.map(({ name }, index) => ({ name, order: index + 1 })),
    );
    const stackOf = (container: string) => named('docker_container').find((one) => nameOf(one) === container)?.stack;
    for (const node of scene.nodes) expect(stackOf(node.container.name)).toBe(node.name);
    for (const job of scene.foundation.jobs) expect(stackOf(job.name)).toBe(scene.foundation.name);
  });
});

const inClusters: [string, Topology][] = [
  ...Object.entries(KUBERNETES_SHAPES),
  ...shipped('kubernetes').map((each): [string, Topology] => [`${each.environment}.toml`, each]),
];

describe.each(inClusters)('the picture of %s', (_, each) => {
  const scene = sceneOf(each);
  const layers = manifestsOf(each);
  const objects: Json[] = layers.flatMap(({ manifests }) => manifests.map(({ object }) => object));
  const named = (...kinds: string[]) =>
    objects
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ metadata }) => metadata.name.replace(/-[0-9a-f]{10}$/, ''))
      .sort();
  const parts: Part[] = [
    scene.loadBalancer.container,
    ...scene.nodes.map(({ container }) => container),
    ...scene.foundation.jobs,
    ...(scene.foundation.database ? [scene.foundation.database] : []),
  ];
  const shown = [...scene.loadBalancer.volumes, ...scene.foundation.volumes].map(({ name }) => name);

  test('shows what makes pods, and the Secrets and claims, no more and no less', () => {
    expect(parts.map(({ name }) => name).sort()).toEqual(named('Deployment', 'StatefulSet', 'Job'));
    expect([...shown].sort()).toEqual(named('Secret', 'PersistentVolumeClaim'));
  });

  test('shows which of them each pod that keeps running mounts, by names that a Service has', () => {
    for (const part of parts) {
      const object = objects.find(({ kind, metadata }) => metadata.name === part.name && /Deploy|Stateful/.test(kind));
      if (object === undefined) continue;
      const text = JSON.stringify(object.spec.template.spec.volumes);
      const mounted = shown.filter((name) => text.includes(`"${name}"`));
      expect([part.name, part.mounts.map(({ volume }) => volume).sort()]).toEqual([part.name, mounted.sort()]);
      expect(named('Service')).toContain(part.address?.split('.')[0]);
    }
  });

  test('says where it is, and how clients get there', () => {
    const svg = renderSvg(each);
    const { context, namespace } = each.platform as KubernetesPlatform;
    expect(svg).toContain(`Kubernetes: ${context}`);
    expect(svg).toContain(`Namespace ${namespace}`);
    expect(svg).toContain(scene.client.published);
    expect(scene.client.published).toContain(String(each.loadBalancer.httpsPort));
    expect(`${svg}${renderMermaid(each)}`).not.toMatch(/Docker|127\.0\.0\.1/);
  });
});

describe.each([...shapes, ...inClusters])('the picture of %s', (_, each) => {
  test('is the same twice', () => {
    expect(renderSvg(each)).toBe(renderSvg(each));
    expect(renderMermaid(each)).toBe(renderMermaid(each));
  });

  test('can be read aloud, and loads nothing', () => {
    const svg = renderSvg(each);
    expect(svg).toMatch(/<svg [^>]*role="img" aria-labelledby="title description"/);
    expect(svg).toMatch(/<title id="title">[^<]+<\/title>/);
    expect(svg).toMatch(/<desc id="description">[^<]+<\/desc>/);
    expect(svg).not.toMatch(/<script|<image|<foreignObject|href=|@import/);
  });

  test('stays within its width, and no card overlaps another', () => {
    const svg = renderSvg(each);
    const boxes = [
      ...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx="(?:6|12|15)"/g),
    ].map(([, x, y, width, height]) => ({ x: Number(x), y: Number(y), width: Number(width), height: Number(height) }));
    expect(boxes.length).toBeGreaterThan(10);
    const [, height] = /viewBox="0 0 960 (\d+)"/.exec(svg) as unknown as [string, string];
    boxes.forEach((box, index) => {
      expect(box.x + box.width).toBeLessThanOrEqual(960);
      expect(box.y + box.height).toBeLessThanOrEqual(Number(height));
      for (const other of boxes.slice(index + 1)) {
        const apart =
          box.x + box.width <= other.x ||
          other.x + other.width <= box.x ||
          box.y + box.height <= other.y ||
          other.y + other.height <= box.y;
        expect({ box, other, apart }).toEqual({ box, other, apart: true });
      }
    });
  });
});

test('Mermaid marks what a plan changes', () => {
  const text = renderMermaid(topology(), { 'sandbox-node-1': 'replace', 'sandbox-hidden': 'destroy' });
  expect(text).toMatch(/^ {2}class node_1 replace$/m);
  expect(text).toMatch(/^ {2}classDef replace /m);
  expect(text).not.toContain('destroy');
});

describe('the picture of a change', () => {
  const each = topology();
  const nodes = renderChanges(each, { 'sandbox-node-1': 'replace' });

  test('shows the way of a request, and of the rest only what changes', () => {
    for (const name of ['load-balancer', 'node-1', 'node-2', 'database']) expect(nodes).toContain(`["sandbox-${name}<`);
    expect(nodes).not.toMatch(/-job|sandbox-keystores|network sandbox/);
    expect(nodes).toMatch(/^ {2}class node_1 replace$/m);
    expect(nodes.split('\n').length).toBeLessThan(30);
  });

  test('shows a job that runs again with the volume that it fills, where that changes too', () => {
    const name = each.jobs.keystores.name;
    expect(renderChanges(each, { [name]: 'replace' })).not.toContain('-.->');
    expect(renderChanges(each, { [name]: 'replace', 'sandbox-keystores': 'create' })).toContain(
      'job_1 -.-> volume_sandbox_keystores',
    );
  });

  test('shows what is no longer in the topology by itself', () => {
    const picture = renderChanges(each, { 'sandbox-node-3': 'destroy' });
    expect(picture).toContain('  gone_1["sandbox-node-3"]\n');
    expect(picture).toMatch(/^ {2}class gone_1 destroy$/m);
  });

  test('has no box for a foundation in which nothing is to be seen', () => {
    const external = topology(`${SMALLEST}[database]\nhost = "db.bank.example"\nmax_connections = 500\n`);
    expect(renderChanges(external, { 'sandbox-node-1': 'replace' })).not.toContain('stack_foundation');
  });
});

test('a database that fails over is one box with all its servers', () => {
  const several = topology(
    `${SMALLEST}[database]\nhosts = ["db-1.bank.example", "db-2.bank.example:5433"]\nmax_connections = 500\n`,
  );
  for (const picture of [renderMermaid(several), renderSvg(several)]) {
    expect(picture).toContain('db-1.bank.example');
    expect(picture).toContain('or db-2.bank.example:5433');
  }
  expect(sceneOf(several).description).toContain('the database server db-1.bank.example or db-2.bank.example');
});

test('Mermaid draws from every box that it declares, and declares every box that it draws from', () => {
  const text = renderMermaid(eightNodes);
  const declared = new Set([...text.matchAll(/^ +(\w+)(?:\[|\(|\{)/gm)].map(([, id]) => id));
  const drawn = [...text.matchAll(/^ {2}(\w+) (?:-->|==>|-\.->)(?:\|"[^"]*"\|)? (\w+)$/gm)].flatMap(([, a, b]) => [
    a,
    b,
  ]);
  expect(drawn.length).toBeGreaterThan(40);
  expect(drawn.filter((id) => !declared.has(id))).toEqual([]);
});

function nameOf({ config }: { config: Json }): string {
  return config.name;
}

function sorted<T extends { volume: string }>(mounts: T[]): T[] {
  return mounts.sort((one, other) => (one.volume < other.volume ? -1 : 1));
}
