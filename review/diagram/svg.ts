import type { Topology } from '../../topology/topology';
import { type Mount, type Part, type Scene, type StackPart, sceneOf, type VolumePart } from './scene';

/** In user units; a README shows them at about 0.9 pixels each. */
const WIDTH = 960;
const MARGIN = 16;
const PADDING = 14;
const GAP = 12;
const FRAME_HEAD = 34;
const LINE = 17;
const CARD_HEIGHT = 104;
const JOB_HEIGHT = 80;

const FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif";

const INK = '#1f2328';
const MUTED = '#59636e';
const LINE_COLOUR = '#818b98';

/** Colour of each kind of thing: the edge of its card. */
const KIND = {
  client: '#59636e',
  balancer: '#8250df',
  node: '#0969da',
  database: '#1a7f37',
  job: '#bc4c00',
  network: '#0a7ea4',
  file: '#59636e',
} as const;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

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
    text(MARGIN, 56, `Docker Engine: ${shorten(scene.engine, 200, 13)}`, { size: 13, colour: MUTED }),
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
  draw(text(networkBox.x + 14, top + 22, `Network ${shorten(network.name, side - 100, 14, 600)}`, { weight: 600 }));
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
  draw(card(files, KIND.file, true), text(files.x + 14, top + 22, 'Files beside the configuration', { weight: 600 }));
  foundation.files.forEach((file, index) => {
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

  draw(caption(x + PADDING, volumesY - 9, `Volumes of ${environment}`));
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
    ...(part.address ? pill(x, box.y + 32, `${part.address} : ${part.port}`) : []),
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
    text(x, box.y + 42, part.address ?? '', { size: 12, colour: '#0550ae' }),
    text(x, box.y + 60, `port ${part.port}`, small),
    text(x, box.y + 78, part.lines.at(-1) ?? '', small),
    ...mounts(part.mounts, x + 8, box.y + box.height - 17),
  ];
}

function mounts(all: readonly Mount[], x: number, y: number): string[] {
  return all.flatMap((mount, index) => badge(x + index * 22, y, mount));
}

function badge(x: number, y: number, { letter, readOnly }: Mount): string[] {
  const fill = readOnly ? '#ffffff' : MUTED;
  return [
    `<circle cx="${round(x)}" cy="${round(y)}" r="8" fill="${fill}" stroke="${MUTED}"/>`,
    text(x, y + 4, letter, { size: 11, weight: 600, colour: readOnly ? MUTED : '#ffffff', anchor: 'middle' }),
  ];
}

function orderBadge(x: number, y: number, order: number): string[] {
  return [
    `<rect x="${round(x - 8)}" y="${round(y - 8)}" width="16" height="16" rx="3" fill="${INK}"/>`,
    text(x, y + 4, String(order), { size: 11, weight: 600, colour: '#ffffff', anchor: 'middle' }),
  ];
}

function volumeChip(volume: VolumePart, box: Box): string[] {
  const middle = box.y + box.height / 2;
  return [
    `<rect ${geometry(box)} rx="15" fill="#ffffff" stroke="#d1d9e0"/>`,
    `<circle cx="${round(box.x + 15)}" cy="${round(middle)}" r="8" fill="#eff2f5" stroke="${MUTED}"/>`,
    text(box.x + 15, middle + 4, volume.letter, { size: 11, weight: 600, colour: MUTED, anchor: 'middle' }),
    text(box.x + 31, middle + 4, shorten(volume.short, box.width - 42, 12), { size: 12 }),
  ];
}

/** The frame of a stack, with its place in the order and its name, unless that stands in the frame anyway. */
function frame(box: Box, { name, order }: StackPart, narrow = false): string {
  const x = box.x + (narrow ? 8 : PADDING);
  const style = { size: 12, weight: 600, colour: MUTED };
  return [
    `<rect ${geometry(box)} rx="8" fill="#f6f8fa" stroke="#afb8c1" stroke-dasharray="5 4"/>`,
    ...orderBadge(x + 8, box.y + 18, order),
    ...(narrow ? [] : [text(x + 23, box.y + 22, shorten(name, box.width - 60, 12, 600), style)]),
  ].join('\n');
}

/** A card with a coloured edge; dashed when it is not on the engine, rounded when it runs once. */
function card(box: Box, colour: string, dashed = false, once = false): string {
  const dash = dashed ? ' stroke-dasharray="4 3"' : '';
  const { x, y, width, height } = box;
  return [
    `<rect ${geometry({ x, y, width, height })} rx="${once ? 12 : 6}" fill="#ffffff" stroke="#d1d9e0"${dash}/>`,
    `<rect ${geometry({ x: x + 3, y: y + (once ? 12 : 6), width: 3, height: height - (once ? 24 : 12) })} rx="1.5" fill="${colour}"/>`,
  ].join('\n');
}

function pill(x: number, y: number, content: string): string[] {
  const width = textWidth(content, 12) + 16;
  return [
    `<rect ${geometry({ x, y, width, height: 20 })} rx="10" fill="#ddf4ff"/>`,
    text(x + width / 2, y + 14, content, { size: 12, colour: '#0550ae', anchor: 'middle' }),
  ];
}

function caption(x: number, y: number, content: string): string {
  return text(x, y, content, { size: 12, weight: 600, colour: MUTED });
}

/** Text beside a line. */
function label(x: number, y: number, content: string): string {
  return text(x, y, content, { size: 12, colour: MUTED });
}

type Point = readonly [number, number];

/** One line down to a rail, and arrows from the rail to each card. */
function fanOut(from: Point, rail: number, cards: readonly Box[]): string[] {
  return [...railLines(from, rail, cards), ...cards.map((box) => arrow([centre(box), rail], [centre(box), box.y]))];
}

/** Lines from each card to a rail, and one arrow from the rail. */
function fanIn(cards: readonly Box[], rail: number, to: Point): string[] {
  const lines = cards.map((box) => line([centre(box), bottom(box)], [centre(box), rail]));
  const ends = cards.map(centre);
  return [...lines, line([Math.min(...ends), rail], [Math.max(...ends), rail]), arrow([to[0], rail], to)];
}

function railLines(from: Point, rail: number, cards: readonly Box[]): string[] {
  const ends = cards.map(centre);
  return [line(from, [from[0], rail]), line([Math.min(...ends), rail], [Math.max(...ends), rail])];
}

function line(from: Point, to: Point): string {
  return `<path d="M${from.map(round).join(' ')} ${to.map(round).join(' ')}" fill="none" stroke="${LINE_COLOUR}" stroke-width="1.5" stroke-linecap="round"/>`;
}

function arrow(from: Point, to: Point): string {
  return line(from, to).replace('/>', ' marker-end="url(#arrow)"/>');
}

function centre({ x, width }: Box): number {
  return x + width / 2;
}

function bottom({ y, height }: Box): number {
  return y + height;
}

interface TextStyle {
  readonly size?: number;
  readonly weight?: number;
  readonly colour?: string;
  readonly anchor?: 'start' | 'middle';
}

function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = 14, weight, colour = INK, anchor } = style;
  const attributes = [
    `x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${colour}"`,
    ...(weight ? [`font-weight="${weight}"`] : []),
    ...(anchor === 'middle' ? ['text-anchor="middle"'] : []),
  ];
  return `<text ${attributes.join(' ')}>${xml(content)}</text>`;
}

/** Shortens what does not fit; the end of a name tells more than its beginning, which names share. */
function shorten(content: string, width: number, size: number, weight = 400): string {
  if (textWidth(content, size, weight) <= width) return content;
  let end = content;
  while (end.length > 1 && textWidth(`…${end}`, size, weight) > width) end = end.slice(1);
  return `…${end}`;
}

/** An upper estimate, since nobody knows the reader's font. */
function textWidth(content: string, size: number, weight = 400): number {
  const wide = (content.match(/[A-Zmw]/g) ?? []).length;
  const thin = (content.match(/[ijltfr.:;,'|()\- ]/g) ?? []).length;
  return size * (weight > 400 ? 1.1 : 1) * (0.6 * content.length + 0.24 * wide - 0.22 * thin);
}

function geometry({ x, y, width, height }: Box): string {
  return `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function xml(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
