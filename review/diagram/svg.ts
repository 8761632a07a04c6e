import type { Topology } from '../../topology/topology';
import type { Part, Scene } from './parts';
import { sceneOf } from './scene';
import {
  arrow,
  type Box,
  badge,
  bottom,
  caption,
  card,
  FONT,
  fanIn,
  fanOut,
  frame,
  KIND,
  LINE_COLOUR,
  label,
  MUTED,
  mounts,
  orderBadge,
  PADDING,
  pill,
  shorten,
  text,
  volumeChip,
  xml,
} from './svg-shapes';

/** In user units; a README shows them at about 0.9 pixels each. */
const WIDTH = 960;
const MARGIN = 16;
const GAP = 12;
const FRAME_HEAD = 34;
const LINE = 17;
const CARD_HEIGHT = 104;
const JOB_HEIGHT = 80;

/**
 * Draws an environment: clients, load balancer, nodes and database from top to bottom, each in the frame of its stack, and below
 * them what the foundation holds. Same topology, same bytes.
 */
export function renderSvg(topology: Topology): string {
  const scene = sceneOf(topology);
  const parts: string[] = [];
  const draw = (...elements: string[]) => parts.push(...elements);

  draw(
    text(MARGIN, 34, shorten(scene.environment, 280, 18, 600), { size: 18, weight: 600 }),
    text(MARGIN, 56, `${scene.place.title}: ${shorten(scene.place.name, 200, 13)}`, { size: 13, colour: MUTED }),
  );
  draw(...legend());

  const client: Box = { x: (WIDTH - 300) / 2, y: 16, width: 300, height: 50 };
  draw(card(client, KIND.client), text(WIDTH / 2, client.y + 22, 'Clients', { weight: 600, anchor: 'middle' }));
  draw(
    text(WIDTH / 2, client.y + 40, shorten(scene.client.url, 280, 13), { size: 13, colour: MUTED, anchor: 'middle' }),
  );

  const balancerFrame: Box = {
    x: MARGIN,
    y: 112,
    width: WIDTH - 2 * MARGIN,
    height: FRAME_HEAD + CARD_HEIGHT + PADDING,
  };
  const balancer = drawLoadBalancer(scene, balancerFrame, draw);
  const firstArrow = { x: WIDTH / 2, from: bottom(client), to: balancer.y };
  draw(arrow([firstArrow.x, firstArrow.from], [firstArrow.x, firstArrow.to]));
  draw(label(WIDTH / 2 + 10, (bottom(client) + balancerFrame.y) / 2 + 5, scene.client.published));

  const nodesY = bottom(balancerFrame) + 48;
  const nodes = drawNodes(scene, nodesY, draw);
  const rail = bottom(balancerFrame) + 22;
  draw(...fanOut([WIDTH / 2, bottom(balancer)], rail, nodes.cards));
  draw(label(WIDTH / 2 + 10, rail - 7, `HTTPS ${scene.nodes[0]?.container.port}, only to nodes that are healthy`));

  let y = bottom(nodes.frame) + 48;
  const collector = bottom(nodes.frame) + 22;
  if (scene.externalDatabase) {
    const box: Box = { x: (WIDTH - 380) / 2, y, width: 380, height: 60 };
    draw(card(box, KIND.database, true), ...cardText(scene.externalDatabase, box, 'middle'));
    draw(...fanIn(nodes.cards, collector, [WIDTH / 2, y]));
    y = bottom(box) + 24;
  }
  const foundation = drawFoundation(scene, y, draw);
  if (foundation.database) draw(...fanIn(nodes.cards, collector, [WIDTH / 2, foundation.database.y]));
  const port = scene.foundation.database?.port ?? scene.externalDatabase?.port;
  draw(label(WIDTH / 2 + 10, collector + 16, `JDBC ${port}`));

  const height = bottom(foundation.frame) + MARGIN;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title description" font-family="${FONT}">`,
    `<title id="title">${xml(`Topology of the environment ${scene.environment}`)}</title>`,
    `<desc id="description">${xml(scene.description)}</desc>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">' +
      `<path d="M0 0 8 4 0 8z" fill="${LINE_COLOUR}"/></marker></defs>`,
    `<rect width="${WIDTH}" height="${height}" rx="8" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
  ].join('\n')}\n`;
}

type Draw = (...elements: string[]) => void;

function drawLoadBalancer({ loadBalancer }: Scene, box: Box, draw: Draw): Box {
  draw(frame(box, loadBalancer));
  const y = box.y + FRAME_HEAD;
  const side = 280;
  const container: Box = { x: (WIDTH - 300) / 2, y, width: 300, height: CARD_HEIGHT };
  const job: Box = { x: box.x + box.width - PADDING - side, y, width: side, height: JOB_HEIGHT };
  draw(card(container, KIND.balancer), ...cardText(loadBalancer.container, container));
  draw(card(job, KIND.job, false, true), ...jobText(loadBalancer.job, job));
  loadBalancer.volumes.forEach((volume, index) => {
    draw(...volumeChip(volume, { x: box.x + PADDING, y: y + index * 36, width: side, height: 30 }));
  });
  return container;
}

function drawNodes({ nodes }: Scene, y: number, draw: Draw): { cards: Box[]; frame: Box } {
  const widest = 458;
  const room = WIDTH - 2 * MARGIN;
  const width = Math.min(widest, (room - (nodes.length - 1) * GAP) / nodes.length);
  const left = (WIDTH - nodes.length * width - (nodes.length - 1) * GAP) / 2;
  const narrow = width < 190;
  const padding = narrow ? 6 : PADDING;
  const height = narrow ? 118 : CARD_HEIGHT;
  const frames = nodes.map((node, index): Box => {
    const box = { x: left + index * (width + GAP), y, width, height: FRAME_HEAD + height + padding };
    draw(frame(box, node, narrow));
    return box;
  });
  const cards = frames.map((box, index): Box => {
    const inner = { x: box.x + padding, y: y + FRAME_HEAD, width: width - 2 * padding, height };
    const { container } = nodes[index] as Scene['nodes'][number];
    draw(card(inner, KIND.node), ...(narrow ? narrowText(container, inner) : cardText(container, inner)));
    return inner;
  });
  return { cards, frame: frames[0] as Box };
}

function drawFoundation(
  { environment, foundation, network }: Scene,
  y: number,
  draw: Draw,
): { frame: Box; database?: Box } {
  const x = MARGIN;
  const width = WIDTH - 2 * MARGIN;
  const inner = width - 2 * PADDING;
  const top = y + FRAME_HEAD;
  const rows = Math.ceil(foundation.volumes.length / 3);
  const jobsY = top + CARD_HEIGHT + 32;
  const volumesY = jobsY + JOB_HEIGHT + 32;
  const box: Box = { x, y, width, height: volumesY + rows * 36 - 6 + PADDING - y };
  draw(frame(box, foundation));

  const side = 280;
  const networkBox: Box = { x: x + PADDING, y: top, width: side, height: CARD_HEIGHT };
  draw(card(networkBox, KIND.network));
  draw(
    text(networkBox.x + 14, top + 22, `${network.title} ${shorten(network.name, side - 100, 14, 600)}`, {
      weight: 600,
    }),
  );
  draw(...pill(networkBox.x + 14, top + 32, network.subnet));
  network.lines.forEach((line, index) => {
    draw(text(networkBox.x + 14, top + 68 + index * 16, line, { size: 12, colour: MUTED }));
  });

  let database: Box | undefined;
  if (foundation.database) {
    database = { x: (WIDTH - 300) / 2, y: top, width: 300, height: CARD_HEIGHT };
    draw(card(database, KIND.database), ...cardText(foundation.database, database));
  }

  const files: Box = { x: x + width - PADDING - side, y: top, width: side, height: CARD_HEIGHT };
  draw(card(files, KIND.file, true), text(files.x + 14, top + 22, foundation.aside.title, { weight: 600 }));
  foundation.aside.lines.forEach((file, index) => {
    draw(text(files.x + 14, top + 42 + index * LINE, shorten(file, side - 28, 13), { size: 13, colour: MUTED }));
  });

  draw(caption(x + PADDING, jobsY - 9, `One-shot jobs of ${environment}, in the order in which they run`));
  const count = foundation.jobs.length;
  const jobWidth = Math.min(300, (inner - (count - 1) * 22) / count);
  foundation.jobs.forEach((job, index) => {
    const cell: Box = { x: x + PADDING + index * (jobWidth + 22), y: jobsY, width: jobWidth, height: JOB_HEIGHT };
    draw(card(cell, KIND.job, false, true), ...jobText(job, cell));
    if (index > 0) draw(arrow([cell.x - 21, jobsY + JOB_HEIGHT / 2], [cell.x - 1, jobsY + JOB_HEIGHT / 2]));
  });

  draw(caption(x + PADDING, volumesY - 9, `${foundation.volumesTitle} of ${environment}`));
  const chipWidth = (inner - 2 * GAP) / 3;
  foundation.volumes.forEach((volume, index) => {
    const column = index % 3;
    const row = Math.floor(index / 3);
    draw(
      ...volumeChip(volume, {
        x: x + PADDING + column * (chipWidth + GAP),
        y: volumesY + row * 36,
        width: chipWidth,
        height: 30,
      }),
    );
  });
  return { frame: box, database };
}

function legend(): string[] {
  const x = WIDTH - MARGIN - 270;
  const entry = (at: number, y: number, content: string) => text(at, y, content, { size: 12, colour: MUTED });
  return [
    ...orderBadge(x + 8, 24, 1),
    entry(x + 22, 28, 'stack, numbered in the order of applying'),
    ...badge(x + 8, 48, { letter: 'a', readOnly: false, volume: '' }),
    entry(x + 22, 52, 'volume, mounted to write'),
    ...badge(x + 196, 48, { letter: 'a', readOnly: true, volume: '' }),
    entry(x + 210, 52, 'to read'),
    ...pill(x, 62, 'address : port'),
    entry(x + 112, 76, 'in the network'),
  ];
}

/** Name, address and port, details, and the volumes that it mounts. */
function cardText(part: Part, box: Box, anchor: 'start' | 'middle' = 'start'): string[] {
  const x = anchor === 'middle' ? box.x + box.width / 2 : box.x + 14;
  const room = box.width - 28;
  const detailY = part.address ? box.y + 68 : box.y + 42;
  return [
    text(x, box.y + 22, shorten(part.name, room, 14, 600), { weight: 600, anchor }),
    ...(part.address ? pill(x, box.y + 32, `${shorten(part.address, room - 70, 12)} : ${part.port}`) : []),
    text(x, detailY, shorten(part.lines.join(' · '), room, 12), { size: 12, colour: MUTED, anchor }),
    ...mounts(part.mounts, x + 8, box.y + box.height - 18),
  ];
}

function jobText(job: Part, box: Box): string[] {
  const x = box.x + 14;
  const room = box.width - 24;
  return [
    text(x, box.y + 22, shorten(job.short, room, 13, 600), { size: 13, weight: 600 }),
    text(x, box.y + 41, shorten(job.lines.join(' · '), room, 12), { size: 12, colour: MUTED }),
    ...mounts(job.mounts, x + 8, box.y + box.height - 18),
  ];
}

/** The same on a card that is too narrow for long lines. */
function narrowText(part: Part, box: Box): string[] {
  const x = box.x + 10;
  const room = box.width - 16;
  const small = { size: 12, colour: MUTED };
  return [
    text(x, box.y + 22, shorten(part.short, room, 13, 600), { size: 13, weight: 600 }),
    text(x, box.y + 42, shorten(part.address ?? '', room, 12), { size: 12, colour: '#0550ae' }),
    text(x, box.y + 60, `port ${part.port}`, small),
    text(x, box.y + 78, part.lines.at(-1) ?? '', small),
    ...mounts(part.mounts, x + 8, box.y + box.height - 17),
  ];
}
