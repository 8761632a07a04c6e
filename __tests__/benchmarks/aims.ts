import type { Measured } from './measurements';
import { differences, ratios, summary } from './statistics';

/** What a pair of figures should be. */
export interface Aim {
  readonly part: string;
  readonly what: string;
  /** Rows of the part's measurements: ours and what stands beside it. */
  readonly rows: readonly [string, string];
  readonly unit: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** Whether the difference is judged. @default - the ratio is */
  readonly difference?: boolean;
}

/** The bars that the project has set itself. */
export const AIMS: readonly Aim[] = [
  {
    part: 'commands',
    what: 'from nothing to serving, beside Compose',
    rows: ['up ours', 'up compose'],
    unit: 's',
    atMost: 1.15,
  },
  { part: 'commands', what: 'destroy, beside Compose', rows: ['down ours', 'down compose'], unit: 's', atMost: 1.5 },
  {
    part: 'commands',
    what: 'plan without a change, beside one stack',
    rows: ['plan ours', 'plan single'],
    unit: 's',
    atMost: 1.3,
  },
  {
    part: 'growth',
    what: 'plan without a change, 8 nodes beside 2',
    rows: ['plan 8', 'plan 2'],
    unit: 's',
    atMost: 1.7,
  },
  { part: 'growth', what: 'from nothing to serving, 8 nodes beside 2', rows: ['up 8', 'up 2'], unit: 's', atMost: 2 },
  {
    part: 'data-path',
    what: 'requests a second, beside the static Nginx',
    rows: ['requests keep-alive ours', 'requests keep-alive static'],
    unit: '/s',
    atLeast: 0.95,
  },
  {
    part: 'data-path',
    what: 'requests a second, beside ours without the script',
    rows: ['requests keep-alive ours', 'requests keep-alive script'],
    unit: '/s',
    atLeast: 0.95,
  },
  {
    part: 'data-path',
    what: 'requests a second, beside ours without script and log',
    rows: ['requests keep-alive ours', 'requests keep-alive script-and-access-log'],
    unit: '/s',
    atLeast: 0.95,
  },
  {
    part: 'data-path',
    what: 'processor time a request, beside the static Nginx',
    rows: ['cpu keep-alive ours', 'cpu keep-alive static'],
    unit: 'µs',
  },
  {
    part: 'data-path',
    what: 'processor time a request, beside ours without script and log',
    rows: ['cpu keep-alive ours', 'cpu keep-alive script-and-access-log'],
    unit: 'µs',
    atMost: 1.05,
  },
  {
    part: 'data-path',
    what: 'median latency, beside a node directly',
    rows: ['median ours', 'median node'],
    unit: 'ms',
    atMost: 1,
    difference: true,
  },
  {
    part: 'synth',
    what: 'processor time of synthesis, beside an empty program by tsx',
    rows: ['ours', 'empty'],
    unit: 's',
    atMost: 1.3,
  },
  {
    part: 'synth',
    what: 'processor time of synthesis, beside an empty program that starts as ours does',
    rows: ['ours', 'empty same way'],
    unit: 's',
  },
];

/** One row of the table of aims, or none where it was not measured. */
export function judged(aim: Aim, measured: Measured | undefined): string[] {
  const [ours, beside] = aim.rows.map((row) => measured?.[row]);
  if (ours === undefined || beside === undefined) return [];
  const { median, least, greatest } = aim.difference ? differences(ours, beside) : ratios(ours, beside);
  const { atMost, atLeast, unit } = aim;
  const bar = atMost !== undefined ? `at most ${atMost}` : atLeast !== undefined ? `at least ${atLeast}` : 'none';
  const met = median <= (atMost ?? Number.POSITIVE_INFINITY) && median >= (atLeast ?? Number.NEGATIVE_INFINITY);
  const verdict = bar === 'none' ? '' : met ? 'met' : '**missed**';
  const value = `${median.toFixed(2)} (${least.toFixed(2)} to ${greatest.toFixed(2)})${aim.difference ? ` ${unit}` : ''}`;
  const figure = (values: readonly number[]) => `${Number(summary(values).median.toPrecision(3))} ${unit}`;
  return [
    `| ${aim.what} | ${figure(ours)} | ${figure(beside)} | ${value} | ${bar}${aim.difference ? ` ${unit}` : ''} | ${verdict} |`,
  ];
}
