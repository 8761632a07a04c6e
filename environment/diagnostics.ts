import type { z } from 'zod';

/** One thing wrong with one configuration file. */
export interface Problem {
  /** File as the user named it. */
  readonly file: string;
  /** Line in the file, from 1, where it is known. */
  readonly line?: number;
  /** Dotted key path, where the problem belongs to a key. */
  readonly key?: string;
  /** What was found, what is allowed and what to do; lower case, no full stop. */
  readonly message: string;
}

/** Every problem of the configuration at once. Its message is for the user as it stands. */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(render(problems));
    this.name = 'ConfigurationError';
  }
}

interface JsonSchemaNode {
  readonly properties?: Record<string, JsonSchemaNode>;
}

/** Turns the findings of the schema into problems, in the order of the file. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  file: string,
  text: string,
  value: unknown,
  schema: object,
): Problem[] {
  const problems = issues.flatMap((issue): Problem[] => {
    if (issue.code === 'unrecognized_keys') {
      const known = Object.keys(schemaAt(schema as JsonSchemaNode, issue.path)?.properties ?? {});
      return issue.keys.map((key) => problemAt(file, text, [...issue.path, key], unknownKey(key, known)));
    }
    return [problemAt(file, text, issue.path, describe(issue, valueAt(value, issue.path)))];
  });
  return problems.sort((a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER));
}

/** The candidate nearest to `word`, if it is near enough to be meant. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3));
  return candidates
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

function render(problems: readonly Problem[]): string {
  const lines = problems.map(({ file, line, key, message }) => {
    const place = line === undefined ? file : `${file}:${line}`;
    return key === undefined ? `${place}  ${message}` : `${place}  ${key}: ${message}`;
  });
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return [...lines, `${count} in the configuration; nothing was written`].join('\n');
}

function problemAt(file: string, text: string, path: readonly PropertyKey[], message: string): Problem {
  return { file, line: lineOf(text, path.map(String)), key: path.map(String).join('.') || undefined, message };
}

function unknownKey(key: string, known: readonly string[]): string {
  const guess = nearest(key, known);
  const hint = guess === undefined ? '' : `; did you mean "${guess}"?`;
  return `unknown key${hint} (known: ${known.join(', ')})`;
}

function describe(issue: z.core.$ZodIssue, found: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return found === undefined
        ? `is required and missing; set it to a ${typeWord(issue.expected)}`
        : `found ${show(found)}, must be a ${typeWord(issue.expected)}`;
    case 'invalid_value': {
      const allowed = issue.values.map((value) => JSON.stringify(value)).join(', ');
      if (found === undefined) return `is required and missing; allowed: ${allowed}`;
      const guess = nearest(String(found), issue.values.map(String));
      const hint = guess === undefined ? '' : `; did you mean "${guess}"?`;
      return `found ${show(found)}, allowed: ${allowed}${hint}`;
    }
    case 'too_small':
      return `found ${show(found)}, the smallest allowed is ${issue.minimum}`;
    case 'too_big':
      return `found ${show(found)}, the largest allowed is ${issue.maximum}`;
    case 'custom':
      return issue.path.length === 0 || typeof found === 'object' || issue.params?.secret || issue.params?.complete
        ? issue.message
        : `found ${show(found)}, ${issue.message}`;
    default:
      return `found ${show(found)}, ${issue.message}`;
  }
}

function show(value: unknown): string {
  return value instanceof Date ? `the date ${value.toISOString()}` : JSON.stringify(value);
}

function typeWord(expected: string): string {
  const words: Record<string, string> = { object: 'table', int: 'whole number', record: 'table', array: 'list' };
  return words[expected] ?? expected;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function schemaAt(schema: JsonSchemaNode, path: readonly PropertyKey[]): JsonSchemaNode | undefined {
  return path.reduce<JsonSchemaNode | undefined>((node, key) => node?.properties?.[String(key)], schema);
}

/** The parser does not keep positions, so the line is looked up in the text: the key's own, else its table's. */
function lineOf(text: string, path: readonly string[]): number | undefined {
  let table: string[] = [];
  let best: number | undefined;
  let bestDepth = 0;
  const offer = (here: readonly string[], line: number) => {
    const matches = here.length <= path.length && here.every((part, index) => part === path[index]);
    if (matches && here.length > bestDepth) {
      best = line;
      bestDepth = here.length;
    }
  };
  text.split('\n').forEach((raw, index) => {
    const header = /^\s*\[\[?\s*([^\]]+?)\s*\]\]?/.exec(raw);
    const key = /^\s*([A-Za-z0-9_."'-]+)\s*=/.exec(raw);
    if (header) {
      table = splitKey(header[1] as string);
      offer(table, index + 1);
    } else if (key) {
      offer([...table, ...splitKey(key[1] as string)], index + 1);
    }
  });
  return best;
}

function splitKey(key: string): string[] {
  return key.split('.').map((part) => part.trim().replace(/^["']|["']$/g, ''));
}

function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const substitution = (row[j - 1] as number) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, substitution));
    }
    row = next;
  }
  return row[other.length] as number;
}
