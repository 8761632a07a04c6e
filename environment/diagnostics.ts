import { visible } from './control-characters';
import { type TomlPath, tomlLines } from './toml-lines';
import type { z } from './zod';

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

/** The part of a JSON Schema that messages are made from. */
interface JsonSchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchemaNode | boolean;
  readonly items?: JsonSchemaNode;
  readonly anyOf?: readonly JsonSchemaNode[];
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, JsonSchemaNode>>;
}

/**
 * Turns the findings of the schema into problems, in the order of the file.
 *
 * @param text the file, for the lines
 * @param value what was parsed from it
 * @param schema the same schema as JSON Schema: it knows what was allowed
 */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  file: string,
  text: string,
  value: unknown,
  schema: object,
): Problem[] {
  const lineOf = tomlLines(text);
  const problemAt = (path: TomlPath, message: string): Problem => ({
    file,
    line: lineOf(path),
    key: dotted(path),
    message,
  });
  const misspelt = new Set<string | undefined>();
  const unknown = issues.flatMap((issue): Problem[] => {
    if (issue.code !== 'unrecognized_keys') return [];
    const known = Object.keys(schemaAt(schema, issue.path)?.properties ?? {});
    return issue.keys.map((key) => {
      const guess = nearest(key, known);
      if (guess !== undefined) misspelt.add(dotted([...issue.path, guess]));
      const hint = guess === undefined ? '' : `; did you mean "${guess}"?`;
      return problemAt([...issue.path, key], `unknown key${hint} (known: ${known.join(', ')})`);
    });
  });
  const others = issues.flatMap((issue): Problem[] => {
    if (issue.code === 'unrecognized_keys') return [];
    const found = valueAt(value, issue.path);
    // A misspelt key is one mistake, not an unknown and a missing key.
    if (found === undefined && misspelt.has(dotted(issue.path))) return [];
    return [problemAt(issue.path, describe(issue, found, schemaAt(schema, issue.path)))];
  });
  return [...unknown, ...others].sort(
    (a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER),
  );
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
    return visible(key === undefined ? `${place}  ${message}` : `${place}  ${key}: ${message}`);
  });
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return [...lines, `${count} in the configuration; nothing was written`].join('\n');
}

function describe(issue: z.core.$ZodIssue, found: unknown, schema: JsonSchemaNode | undefined): string {
  if (issue.code === 'custom') return ruleBroken(issue.message, found, issue.path);
  if (found === undefined) return missing(issue.path, schema);
  const shown = `found ${show(found, issue.path)}`;
  switch (issue.code) {
    case 'invalid_value': {
      const guess = typeof found === 'string' ? nearest(found, issue.values.map(String)) : undefined;
      const hint = guess === undefined ? '' : `; did you mean ${JSON.stringify(guess)}?`;
      return `${shown}, must be ${expectation(schema)}${hint}`;
    }
    case 'too_small':
    case 'too_big':
      return `${shown}, ${sizeRule(issue, schema)}`;
    case 'invalid_type':
    case 'invalid_union':
      return `${shown}, must be ${expectation(schema)}${quotesHint(found, schema)}`;
    case 'invalid_key':
      return `found ${show(issue.path.at(-1), issue.path)}; the key ${issue.issues[0]?.message}`;
    default:
      return `${shown}, ${issue.message}`;
  }
}

/** A rule of ours: "must …" is about the value alone and gets it in front; anything else is a sentence of its own. */
function ruleBroken(message: string, found: unknown, path: TomlPath): string {
  const isShort = typeof found !== 'object' || found instanceof Date;
  const aboutValue = found !== undefined && isShort && message.startsWith('must ');
  return aboutValue ? `found ${show(found, path)}, ${message}` : message;
}

function missing(path: TomlPath, schema: JsonSchemaNode | undefined): string {
  if (schema?.properties) {
    const keys = schema.required?.length ? ` with at least ${schema.required.join(', ')}` : '';
    return `is required and missing; add the table [${dotted(path)}]${keys}`;
  }
  const meaning = schema?.description === undefined ? '' : ` (${schema.description.replace(/\.$/, '')})`;
  return `is required and missing; set it to ${expectation(schema)}${meaning}`;
}

function sizeRule(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  schema: JsonSchemaNode | undefined,
): string {
  const limit = Number(issue.code === 'too_small' ? issue.minimum : issue.maximum);
  const direction = issue.code === 'too_small' ? 'at least' : 'at most';
  switch (issue.origin) {
    case 'string':
      return limit === 1 ? 'must not be empty' : `must have ${direction} ${limit} characters`;
    case 'array':
    case 'set':
      return `must have ${direction} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
    default:
      return `must be ${expectation(schema)}`;
  }
}

/** What is allowed at a place of the configuration, in words. */
function expectation(schema: JsonSchemaNode | undefined): string {
  const alternatives = Array.isArray(schema?.type) ? schema.type.map((type) => ({ ...schema, type })) : schema?.anyOf;
  if (alternatives) {
    const words = [...new Set(alternatives.map(expectation))];
    return words.length < 3 ? words.join(' or ') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  }
  const values = schema?.enum ?? (schema?.const === undefined ? undefined : [schema.const]);
  if (values)
    return `${values.length === 1 ? '' : 'one of '}${values.map((value) => JSON.stringify(value)).join(', ')}`;
  switch (schema?.type) {
    case 'integer':
    case 'number':
      return `a ${schema.type === 'integer' ? 'whole number' : 'number'}${range(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
      return 'a table';
    case 'string':
      return 'a string';
    default:
      return 'another value';
  }
}

function range({ minimum, maximum }: JsonSchemaNode): string {
  const low = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  if (low !== undefined) return ` of at least ${low}`;
  return high === undefined ? '' : ` of at most ${high}`;
}

function quotesHint(found: unknown, schema: JsonSchemaNode | undefined): string {
  if (typeof found !== 'string') return '';
  const isNumber = (schema?.type === 'integer' || schema?.type === 'number') && /^-?\d+(\.\d+)?$/.test(found);
  const isBoolean = schema?.type === 'boolean' && /^(true|false)$/.test(found);
  return isNumber || isBoolean ? '; write it without quotes' : '';
}

/** Values that may be credentials are named by their type alone. */
function show(value: unknown, path: TomlPath): string {
  if (mayBeSecret(path)) return `a ${kindOf(value)}`;
  if (value instanceof Date) return `the date ${value.toISOString()}`;
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

function kindOf(value: unknown): string {
  if (value instanceof Date) return 'date';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' ? 'table' : typeof value;
}

function mayBeSecret(path: TomlPath): boolean {
  return (
    dotted(path)?.startsWith('state.settings.') ||
    path.some((part) => /passw|secret|token|credential/i.test(String(part)))
  );
}

/** A path as a person writes it; undefined for the document itself. */
export function dotted(path: TomlPath): string | undefined {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text === '' ? undefined : text.replace(/^\./, '');
}

function valueAt(value: unknown, path: TomlPath): unknown {
  return path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function schemaAt(schema: JsonSchemaNode, path: TomlPath): JsonSchemaNode | undefined {
  return path.reduce<JsonSchemaNode | undefined>((node, key) => {
    if (typeof key === 'number') return node?.items;
    const { additionalProperties: others } = node ?? {};
    const inner = node?.properties?.[String(key)] ?? (typeof others === 'object' ? others : undefined);
    return inner?.$ref === undefined ? inner : schema.definitions?.[inner.$ref.replace('#/definitions/', '')];
  }, schema);
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
