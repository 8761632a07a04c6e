import type { Measured } from './measurements';
import { summary } from './statistics';

export const PLOT_FILE = 'benchmarks-growth.svg';

/** What grows, and how the plot calls it. */
const PANELS = [
  { key: 'up', title: 'from nothing to serving, s' },
  { key: 'plan', title: 'plan without a change, s' },
  { key: 'down', title: 'destroy, s' },
  { key: 'memory', title: 'memory of all servers, MiB' },
] as const;
const [WIDTH, HEIGHT, MARGIN] = [260, 200, 44];

/** Growth from the least to the most nodes: a panel for each figure, median and spread. @returns SVG */
export function growthPlot(measured: Measured): string {
  const panels = PANELS.flatMap(({ key, title }) => {
    const points = pointsOf(measured, key);
    return points.length === 0 ? [] : [{ title, points }];
  });
  const drawn = panels.map(({ title, points }, index) => panel(title, points, index * WIDTH));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${panels.length * WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="11">
<title>What more nodes cost</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${drawn.join('\n')}
</svg>
`;
}

interface Point {
  readonly nodes: number;
  readonly values: readonly number[];
}

/** Keys are such as "up 2". */
export function pointsOf(measured: Measured, key: string): Point[] {
  return Object.entries(measured)
    .filter(([name]) => name.startsWith(`${key} `))
    .map(([name, values]) => ({ nodes: Number(name.slice(key.length + 1)), values }))
    .sort((one, other) => one.nodes - other.nodes);
}

function panel(title: string, points: readonly Point[], left: number): string {
  const greatest = Math.max(...points.flatMap(({ values }) => values)) * 1.1;
  const last = Math.max(...points.map(({ nodes }) => nodes));
  // Both axes begin at nothing, so that twice as high is twice as much.
  const x = (nodes: number) => round(left + MARGIN + (nodes / last) * (WIDTH - MARGIN - 16));
  const y = (value: number) => round(HEIGHT - MARGIN + 12 - (value / greatest) * (HEIGHT - MARGIN - 16));
  const medians = points.map(({ nodes, values }) => ({ nodes, ...summary(values) }));
  const line = medians.map(({ nodes, median }) => `${x(nodes)},${y(median)}`).join(' ');
  const marks = medians.map(
    ({ nodes, median, least, greatest: most }) =>
      `<line x1="${x(nodes)}" y1="${y(least)}" x2="${x(nodes)}" y2="${y(most)}" stroke="#9aa5b1" stroke-width="3"/>
<circle cx="${x(nodes)}" cy="${y(median)}" r="3" fill="#1f4e79"/>
<text x="${x(nodes)}" y="${y(most) - 6}" text-anchor="middle">${label(median)}</text>
<text x="${x(nodes)}" y="${y(0) + 14}" text-anchor="middle">${nodes}</text>`,
  );
  return `<g>
<text x="${left + WIDTH / 2}" y="14" text-anchor="middle" font-weight="bold">${title}</text>
<line x1="${x(0)}" y1="${y(0)}" x2="${x(last)}" y2="${y(0)}" stroke="#333333"/>
<line x1="${x(0)}" y1="${y(0)}" x2="${x(0)}" y2="${y(greatest)}" stroke="#333333"/>
<text x="${left + WIDTH / 2}" y="${HEIGHT - 4}" text-anchor="middle">nodes</text>
<polyline points="${line}" fill="none" stroke="#1f4e79" stroke-width="1.5"/>
${marks.join('\n')}
</g>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function label(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}
