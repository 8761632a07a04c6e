const CONTEXT = 3;

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** The hunks of a unified diff, without file headers; empty where the texts are equal. */
export function unifiedDiff(before: string, after: string): string {
  const lines = edits(split(before), split(after));
  const changed = lines.flatMap(({ sign }, index) => (sign === ' ' ? [] : [index]));
  const hunks: { from: number; to: number }[] = [];
  for (const index of changed) {
    const from = Math.max(0, index - CONTEXT);
    const to = Math.min(lines.length, index + CONTEXT + 1);
    const last = hunks.at(-1);
    if (last && from <= last.to) last.to = to;
    else hunks.push({ from, to });
  }
  return hunks.map(({ from, to }) => hunk(lines, from, to)).join('\n');
}

function split(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function hunk(lines: readonly Line[], from: number, to: number): string {
  const count = (part: readonly Line[], without: Line['sign']) => part.filter(({ sign }) => sign !== without).length;
  const shown = lines.slice(from, to);
  const range = (without: Line['sign']) => {
    const length = count(shown, without);
    const start = count(lines.slice(0, from), without) + (length === 0 ? 0 : 1);
    return length === 1 ? String(start) : `${start},${length}`;
  };
  return [`@@ -${range('+')} +${range('-')} @@`, ...shown.map(({ sign, text }) => `${sign}${text}`)].join('\n');
}

/** The shortest edit script (Myers 1986): breadth first over the number of edits, then back along the way. */
function edits(before: readonly string[], after: readonly string[]): Line[] {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  const reached = (diagonal: number, states = furthest) => states.get(diagonal) ?? -1;
  const goesDown = (diagonal: number, depth: number, states: Map<number, number>) =>
    diagonal === -depth || (diagonal !== depth && reached(diagonal - 1, states) < reached(diagonal + 1, states));

  search: for (let depth = 0; depth <= before.length + after.length; depth++) {
    trace.push(new Map(furthest));
    for (let diagonal = -depth; diagonal <= depth; diagonal += 2) {
      let x = goesDown(diagonal, depth, furthest) ? reached(diagonal + 1) : reached(diagonal - 1) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++;
      furthest.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) break search;
    }
  }

  const lines: Line[] = [];
  let x = before.length;
  let y = after.length;
  for (let depth = trace.length - 1; depth >= 0; depth--) {
    const states = trace[depth] as Map<number, number>;
    const down = goesDown(x - y, depth, states);
    const diagonal = down ? x - y + 1 : x - y - 1;
    const fromX = depth === 0 ? 0 : reached(diagonal, states);
    const fromY = depth === 0 ? 0 : fromX - diagonal;
    while (x > fromX && y > fromY && before[x - 1] === after[y - 1]) {
      lines.push({ sign: ' ', text: before[--x] as string });
      y--;
    }
    if (depth === 0) break;
    if (down) lines.push({ sign: '+', text: after[--y] as string });
    else lines.push({ sign: '-', text: before[--x] as string });
  }
  return lines.reverse();
}
