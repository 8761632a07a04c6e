import type { Mount, StackPart, VolumePart } from './parts';

export const PADDING = 14;

export const FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif";

const INK = '#1f2328';
export const MUTED = '#59636e';
export const LINE_COLOUR = '#818b98';

/** Colour of each kind of thing: the edge of its card. */
export const KIND = {
  client: '#59636e',
  balancer: '#8250df',
  node: '#0969da',
  database: '#1a7f37',
  job: '#bc4c00',
  network: '#0a7ea4',
  file: '#59636e',
} as const;

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function mounts(all: readonly Mount[], x: number, y: number): string[] {
  return all.flatMap((mount, index) => badge(x + index * 22, y, mount));
}

export function badge(x: number, y: number, { letter, readOnly }: Mount): string[] {
  const fill = readOnly ? '#ffffff' : MUTED;
  return [
    `<circle cx="${round(x)}" cy="${round(y)}" r="8" fill="${fill}" stroke="${MUTED}"/>`,
    text(x, y + 4, letter, { size: 11, weight: 600, colour: readOnly ? MUTED : '#ffffff', anchor: 'middle' }),
  ];
}

export function orderBadge(x: number, y: number, order: number): string[] {
  return [
    `<rect x="${round(x - 8)}" y="${round(y - 8)}" width="16" height="16" rx="3" fill="${INK}"/>`,
    text(x, y + 4, String(order), { size: 11, weight: 600, colour: '#ffffff', anchor: 'middle' }),
  ];
}

export function volumeChip(volume: VolumePart, box: Box): string[] {
  const middle = box.y + box.height / 2;
  return [
    `<rect ${geometry(box)} rx="15" fill="#ffffff" stroke="#d1d9e0"/>`,
    `<circle cx="${round(box.x + 15)}" cy="${round(middle)}" r="8" fill="#eff2f5" stroke="${MUTED}"/>`,
    text(box.x + 15, middle + 4, volume.letter, { size: 11, weight: 600, colour: MUTED, anchor: 'middle' }),
    text(box.x + 31, middle + 4, shorten(volume.short, box.width - 42, 12), { size: 12 }),
  ];
}

/** The frame of a stack, with its place in the order and its name, unless that stands in the frame anyway. */
export function frame(box: Box, { name, order }: StackPart, narrow = false): string {
  const x = box.x + (narrow ? 8 : PADDING);
  const style = { size: 12, weight: 600, colour: MUTED };
  return [
    `<rect ${geometry(box)} rx="8" fill="#f6f8fa" stroke="#afb8c1" stroke-dasharray="5 4"/>`,
    ...orderBadge(x + 8, box.y + 18, order),
    ...(narrow ? [] : [text(x + 23, box.y + 22, shorten(name, box.width - 60, 12, 600), style)]),
  ].join('\n');
}

/** A card with a coloured edge; dashed when it is not on the engine, rounded when it runs once. */
export function card(box: Box, colour: string, dashed = false, once = false): string {
  const dash = dashed ? ' stroke-dasharray="4 3"' : '';
  const { x, y, width, height } = box;
  return [
    `<rect ${geometry({ x, y, width, height })} rx="${once ? 12 : 6}" fill="#ffffff" stroke="#d1d9e0"${dash}/>`,
    `<rect ${geometry({ x: x + 3, y: y + (once ? 12 : 6), width: 3, height: height - (once ? 24 : 12) })} rx="1.5" fill="${colour}"/>`,
  ].join('\n');
}

export function pill(x: number, y: number, content: string): string[] {
  const width = textWidth(content, 12) + 16;
  return [
    `<rect ${geometry({ x, y, width, height: 20 })} rx="10" fill="#ddf4ff"/>`,
    text(x + width / 2, y + 14, content, { size: 12, colour: '#0550ae', anchor: 'middle' }),
  ];
}

export function caption(x: number, y: number, content: string): string {
  return text(x, y, content, { size: 12, weight: 600, colour: MUTED });
}

/** Text beside a line. */
export function label(x: number, y: number, content: string): string {
  return text(x, y, content, { size: 12, colour: MUTED });
}

type Point = readonly [number, number];

/** One line down to a rail, and arrows from the rail to each card. */
export function fanOut(from: Point, rail: number, cards: readonly Box[]): string[] {
  return [...railLines(from, rail, cards), ...cards.map((box) => arrow([centre(box), rail], [centre(box), box.y]))];
}

/** Lines from each card to a rail, and one arrow from the rail. */
export function fanIn(cards: readonly Box[], rail: number, to: Point): string[] {
  const lines = cards.map((box) => line([centre(box), bottom(box)], [centre(box), rail]));
  const ends = cards.map(centre);
  return [...lines, line([Math.min(...ends), rail], [Math.max(...ends), rail]), arrow([to[0], rail], to)];
}

function railLines(from: Point, rail: number, cards: readonly Box[]): string[] {
  const ends = cards.map(centre);
  return [line(from, [from[0], rail]), line([Math.min(...ends), rail], [Math.max(...ends), rail])];
}

export function line(from: Point, to: Point): string {
  return `<path d="M${from.map(round).join(' ')} ${to.map(round).join(' ')}" fill="none" stroke="${LINE_COLOUR}" stroke-width="1.5" stroke-linecap="round"/>`;
}

export function arrow(from: Point, to: Point): string {
  return line(from, to).replace('/>', ' marker-end="url(#arrow)"/>');
}

function centre({ x, width }: Box): number {
  return x + width / 2;
}

export function bottom({ y, height }: Box): number {
  return y + height;
}

interface TextStyle {
  readonly size?: number;
  readonly weight?: number;
  readonly colour?: string;
  readonly anchor?: 'start' | 'middle';
}

export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = 14, weight, colour = INK, anchor } = style;
  const attributes = [
    `x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${colour}"`,
    ...(weight ? [`font-weight="${weight}"`] : []),
    ...(anchor === 'middle' ? ['text-anchor="middle"'] : []),
  ];
  return `<text ${attributes.join(' ')}>${xml(content)}</text>`;
}

/** Shortens what does not fit; the end of a name tells more than its beginning, which names share. */
export function shorten(content: string, width: number, size: number, weight = 400): string {
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

export function xml(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
