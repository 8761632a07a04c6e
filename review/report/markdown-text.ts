/** Text of any origin as Markdown shows it and never obeys it. */

/** Longer than every row of back-ticks inside. */
export function fence(content: string): string {
  return '`'.repeat(Math.max(3, longestTicks(content) + 1));
}

function longestTicks(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((ticks) => ticks.length));
}

/** Inline code for any text, also inside a table. */
export function code(text: string): string {
  const line = text.replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');
  const marks = '`'.repeat(longestTicks(line) + 1);
  const space = line.startsWith('`') || line.endsWith('`') || line === '' ? ' ' : '';
  return `${marks}${space}${line}${space}${marks}`;
}

/** Plain text that Markdown must not read as anything else. */
export function cell(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/[|<>*`[\]@]/g, '\\$&');
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
