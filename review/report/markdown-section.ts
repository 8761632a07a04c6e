/** A piece of the page that may be shortened: blocks of lines between an opening and a closing. */
export interface Section {
  readonly open: string;
  readonly close: string;
  readonly blocks: readonly Block[];
  /** What stands where lines are missing. */
  readonly rest: string;
}

/** Lines that may be cut after any of them, between what belongs around them. */
export interface Block {
  readonly open: string;
  readonly lines: readonly string[];
  readonly close: string;
}

/** The section within so many bytes, or undefined where not even its frame fits. */
export function shortened({ open, close, blocks, rest }: Section, room: number): string | undefined {
  const bytes = (text: string) => Buffer.byteLength(text, 'utf8');
  let left = room - bytes(open) - bytes(close) - bytes(rest) - 40;
  if (left < 0) return undefined;
  const parts: string[] = [open];
  let missing = 0;
  for (const block of blocks) {
    left -= bytes(block.open) + bytes(block.close) + 2;
    const lines: string[] = [];
    for (const line of missing > 0 ? [] : block.lines) {
      if (left < bytes(line) + 1) break;
      left -= bytes(line) + 1;
      lines.push(line);
    }
    missing += block.lines.length - lines.length;
    if (lines.length > 0) {
      const around = (text: string) => (text === '' ? [] : [text]);
      parts.push([...around(block.open), ...lines, ...around(block.close)].join('\n'));
    }
  }
  if (missing > 0) parts.push(`\n*Cut here: ${missing} more lines. ${rest}*\n`);
  parts.push(close);
  return parts
    .filter((part) => part !== '')
    .join('\n')
    .trimEnd();
}
