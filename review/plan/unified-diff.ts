import { structuredPatch } from 'diff';

/** The hunks of a unified diff, without file headers; empty where the texts are equal. A missing line feed at the end is no difference. */
export function unifiedDiff(before: string, after: string): string {
  const { hunks } = structuredPatch('', '', ended(before), ended(after), '', '', { context: 3 });
  return hunks
    .map(({ oldStart, oldLines, newStart, newLines, lines }) =>
      [`@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`, ...lines].join('\n'),
    )
    .join('\n');
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function range(start: number, length: number): string {
  return length === 1 ? String(start) : `${length === 0 ? start - 1 : start},${length}`;
}
