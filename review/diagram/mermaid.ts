import type { Topology } from '../../topology/topology';
import type { Part, Scene } from './parts';
import { sceneOf } from './scene';

/** What a plan does to a container, volume or network. */
export type Change = 'create' | 'update' | 'replace' | 'destroy';

const CHANGE_STYLE: Readonly<Record<Change, string>> = {
  create: 'fill:#dafbe1,stroke:#1a7f37,color:#1f2328',
  update: 'fill:#fff8c5,stroke:#9a6700,color:#1f2328',
  replace: 'fill:#fff1e5,stroke:#bc4c00,color:#1f2328',
  destroy: 'fill:#ffebe9,stroke:#cf222e,color:#1f2328',
};

/**
 * The environment as a Mermaid flow chart, which GitHub and GitLab draw.
 *
 * @param changes what a plan does, by the name of the container, volume or network. @default - nothing is marked
 */
export function renderMermaid(topology: Topology, changes: Readonly<Record<string, Change>> = {}): string {
  return flowChart(sceneOf(topology), changes);
}

/**
 * The same, small: the way of a request, and of the rest only what changes. What is no longer in the topology stands by itself.
 *
 * @param changes what a plan does, by the name of the container, volume or network
 */
export function renderChanges(topology: Topology, changes: Readonly<Record<string, Change>>): string {
  const scene = sceneOf(topology);
  const changed = ({ name }: { name: string }) => name in changes;
  const { foundation, loadBalancer } = scene;
  return flowChart(
    {
      ...scene,
      loadBalancer: { ...loadBalancer, volumes: loadBalancer.volumes.filter(changed) },
      foundation: {
        ...foundation,
        jobs: foundation.jobs.filter(changed),
        volumes: foundation.volumes.filter(changed),
      },
    },
    changes,
    changed,
  );
}

function flowChart(
  scene: Scene,
  changes: Readonly<Record<string, Change>>,
  only?: (part: { name: string }) => boolean,
): string {
  const { loadBalancer, nodes, foundation, network, externalDatabase } = scene;
  const shown = only ?? (() => true);
  const ids = new Map<string, string>();
  const id = (name: string, wanted: string) => {
    ids.set(name, wanted);
    return wanted;
  };
  const box = (wanted: string, part: Part, [open, close]: readonly [string, string] = ['[', ']']) =>
    `${id(part.name, wanted)}${open}"${label([
      part.name,
      ...(part.address ? [`${part.address} : ${part.port}`] : []),
      ...part.lines,
    ])}"${close}`;
  const job = (wanted: string, part: Part) => box(wanted, part, ['([', '])']);
  const volume = (name: string) => `${id(name, `volume_${name.replaceAll('-', '_')}`)}[("${label([name])}")]`;
  const stack = (wanted: string, { name, order }: { name: string; order: number }, lines: readonly string[]) =>
    lines.length === 0
      ? []
      : [
          `  subgraph ${wanted}["${label([`${order} · stack ${name}`])}"]`,
          ...lines.map((line) => `    ${line}`),
          '  end',
        ];
  const readsOf = (to: string, part: Part) =>
    part.mounts
      .filter(({ readOnly, volume: from }) => readOnly && ids.has(from))
      .map((mount) => `  ${ids.get(mount.volume)} -.-> ${to}`);
  const writesOf = (from: string, part: Part) =>
    part.mounts
      .filter(({ readOnly, volume: to }) => !readOnly && ids.has(to))
      .map((mount) => `  ${from} -.-> ${ids.get(mount.volume)}`);

  const jobs = foundation.jobs.map((part, index) => ({ wanted: `job_${index + 1}`, part }));
  const database = foundation.database ?? externalDatabase;
  const lines = [
    'flowchart TB',
    `  client(["${label(['Clients', scene.client.url])}"])`,
    ...stack('stack_load_balancer', loadBalancer, [
      box('load_balancer', loadBalancer.container),
      ...(shown(loadBalancer.job) ? [job('load_balancer_job', loadBalancer.job)] : []),
      ...loadBalancer.volumes.map(({ name }) => volume(name)),
    ]),
    ...nodes.flatMap((node, index) =>
      stack(`stack_node_${index + 1}`, node, [box(`node_${index + 1}`, node.container)]),
    ),
    ...(externalDatabase ? [`  ${box('database', externalDatabase)}`] : []),
    ...stack('stack_foundation', foundation, [
      ...(foundation.database ? [box('database', foundation.database)] : []),
      ...(shown(network)
        ? [
            `${id(network.name, 'network')}{{"${label([`${network.title.toLowerCase()} ${network.name}`, network.subnet, ...network.lines])}"}}`,
          ]
        : []),
      ...jobs.map(({ wanted, part }) => job(wanted, part)),
      ...foundation.volumes.map(({ name }) => volume(name)),
    ]),
    `  client -->|"${label([scene.client.published])}"| load_balancer`,
    ...nodes.map((node, index) => `  load_balancer -->|"HTTPS ${node.container.port}"| node_${index + 1}`),
    ...nodes.map((_, index) => `  node_${index + 1} -->|"JDBC ${database?.port}"| database`),
    ...jobs.slice(1).map(({ wanted }, index) => `  ${jobs[index]?.wanted} ==> ${wanted}`),
    // What jobs read would only cross the lines that tell how they fill the volumes.
    ...(shown(loadBalancer.job) ? writesOf('load_balancer_job', loadBalancer.job) : []),
    ...jobs.flatMap(({ wanted, part }) => writesOf(wanted, part)),
    ...readsOf('load_balancer', loadBalancer.container),
    ...nodes.flatMap((node, index) => readsOf(`node_${index + 1}`, node.container)),
    ...(foundation.database
      ? [...readsOf('database', foundation.database), ...writesOf('database', foundation.database)]
      : []),
  ];
  const gone = (only === undefined ? [] : Object.keys(changes))
    .filter((name) => !ids.has(name))
    .sort()
    .map((name, index) => `  ${id(name, `gone_${index + 1}`)}["${label([name])}"]`);
  return `${[...lines, ...gone, ...styles(changes, ids)].join('\n')}\n`;
}

function styles(changes: Readonly<Record<string, Change>>, ids: ReadonlyMap<string, string>): string[] {
  return Object.entries(CHANGE_STYLE).flatMap(([change, style]) => {
    const changed = Object.keys(changes)
      .filter((name) => changes[name] === change)
      .flatMap((name) => ids.get(name) ?? [])
      .sort();
    return changed.length === 0 ? [] : [`  classDef ${change} ${style}`, `  class ${changed.join(',')} ${change}`];
  });
}

/** Lines of a label; whatever Mermaid or HTML would read as markup is written as an entity. */
function label(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/[&"<>#`]/g, (sign) => `#${sign.codePointAt(0)};`)).join('<br/>');
}
