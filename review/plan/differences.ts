import { type Attributes, isList, isObject, type Json, type ResourceChange } from './plan-json';
import { REDACTED } from './redact';

/** One attribute before and after, as text for people. */
export interface AttributeDifference {
  readonly attribute: string;
  readonly before: string;
  readonly after: string;
}

/** An environment variable of a container; undefined where it is not there. */
export interface VariableDifference {
  readonly variable: string;
  readonly before?: string;
  readonly after?: string;
}

/** A text of many lines: a file that is put into a container, or a script that it starts with. */
export interface TextDifference {
  /** Path in the container, or the attribute's name. */
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

export interface Differences {
  readonly attributes: readonly AttributeDifference[];
  readonly variables: readonly VariableDifference[];
  readonly texts: readonly TextDifference[];
}

export const UNKNOWN = '(known after apply)';

const LONGEST_VALUE = 120;

/** What the engine reports, or takes from the image, and nobody declares. */
export const COMPUTED = [
  'bridge',
  'container_logs',
  'exit_code',
  'id',
  'image_id',
  'network_data',
  'repo_digest',
  'working_dir',
];

/**
 * What differs between before and after, without what Terraform only learns by the apply and without differences that are none, such
 * as nothing and an empty list. Both sides must be redacted.
 */
export function differences({ change }: ResourceChange): Differences {
  const { before, after, after_unknown: unknown, replace_paths: paths = [] } = change;
  if (before === null || after === null) return { attributes: [], variables: [], texts: [] };
  const attributes: AttributeDifference[] = [];
  const texts: TextDifference[] = [];
  for (const attribute of attributesOf(before, after)) {
    const [one, other] = [before[attribute] ?? null, after[attribute] ?? null];
    const forces = paths.some(([first]) => first === attribute);
    if (isUnknown(unknown, attribute)) {
      if (forces) attributes.push({ attribute, before: show(one), after: UNKNOWN });
    } else if (one === REDACTED || other === REDACTED) {
      // The value that it had is no less a secret for not being marked yet.
      if (forces || one !== other) attributes.push({ attribute, before: REDACTED, after: REDACTED });
    } else if (!same(one, other)) {
      const [text, otherText] = [linesOf(one), linesOf(other)];
      if (text === undefined && otherText === undefined) attributes.push(...onlyWhatDiffers(attribute, one, other));
      else texts.push({ file: attribute, before: text ?? show(one), after: otherText ?? show(other) });
    }
  }
  return {
    attributes,
    variables: variables(before.env, after.env),
    texts: [...uploads(before.upload, after.upload), ...texts],
  };
}

/** Attributes that have an own presentation are left out. */
function attributesOf(before: Attributes, after: Attributes): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const other of COMPUTED) names.delete(other);
  for (const own of ['upload', 'env']) {
    if (before[own] !== REDACTED && after[own] !== REDACTED) names.delete(own);
  }
  return [...names].sort();
}

function isUnknown(unknown: Json | undefined, attribute: string): boolean {
  return isObject(unknown) && unknown[attribute] === true;
}

/** Terraform keeps the environment as a set of NAME=value. */
export function variables(before: Json | undefined, after: Json | undefined): VariableDifference[] {
  if (!isList(before) || !isList(after)) return [];
  const [one, other] = [byName(before), byName(after)];
  return [...new Set([...one.keys(), ...other.keys()])]
    .sort()
    .filter((name) => one.get(name) !== other.get(name))
    .map((variable) => ({ variable, before: shorten(one.get(variable)), after: shorten(other.get(variable)) }));
}

function byName(entries: readonly Json[]): Map<string, string> {
  return new Map(
    entries.map((entry) => {
      const [name = '', ...value] = String(entry).split('=');
      return [name, value.join('=')];
    }),
  );
}

/** Terraform keeps the files as a set, so their places in the list mean nothing. */
export function uploads(before: Json | undefined, after: Json | undefined): TextDifference[] {
  if (before === REDACTED || after === REDACTED) return [];
  const [one, other] = [uploadedFiles(before), uploadedFiles(after)];
  return [...new Set([...one.keys(), ...other.keys()])]
    .sort()
    .filter((file) => one.get(file) !== other.get(file))
    .map((file) => ({ file, before: one.get(file) ?? '', after: other.get(file) ?? '' }));
}

/** Content of every file that is put into a container, by path; of one that is no text, its hash. */
export function uploadedFiles(uploads: Json | undefined): Map<string, string> {
  const blocks = isList(uploads) ? uploads.filter(isObject) : [];
  return new Map(
    blocks.map(({ file, content, source_hash: hash }) => [
      String(file),
      typeof content === 'string' && content !== '' ? content : isText(hash) ? `SHA-256 ${hash}\n` : '',
    ]),
  );
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

/**
 * The innermost values that differ. Most lists of the provider are sets: of two lists the entries count that are not in both, and
 * a single entry on each side is the same one, changed.
 */
function onlyWhatDiffers(attribute: string, one: Json, other: Json): AttributeDifference[] {
  if (isObject(one) && isObject(other)) {
    const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
    return keys
      .filter((key) => !same(one[key] ?? null, other[key] ?? null))
      .flatMap((key) => onlyWhatDiffers(`${attribute}.${key}`, one[key] ?? null, other[key] ?? null));
  }
  if (isList(one) && isList(other)) {
    const without = (list: readonly Json[], others: readonly Json[]) =>
      list.filter((entry) => !others.some((candidate) => same(entry, candidate)));
    const [before, after] = [without(one, other), without(other, one)];
    const [first = null, second = null] = [before[0], after[0]];
    if (before.length === 1 && after.length === 1) return onlyWhatDiffers(attribute, first, second);
    // The same entries in another order are shown whole.
    if (before.length + after.length > 0) return [{ attribute, before: show(before), after: show(after) }];
  }
  return [{ attribute, before: show(one), after: show(other) }];
}

/** A text of several lines, or a command that contains one. */
export function linesOf(value: Json): string | undefined {
  const text = isList(value) && value.every((part) => typeof part === 'string') ? value.join(' ') : value;
  return typeof text === 'string' && text.includes('\n') ? text : undefined;
}

/** Providers read nothing back as an empty value and the other way round. */
export function same(one: Json, other: Json): boolean {
  if (isEmpty(one) && isEmpty(other)) return true;
  if (isList(one) && isList(other)) {
    return one.length === other.length && one.every((inner, index) => same(inner, other[index] ?? null));
  }
  if (isObject(one) && isObject(other)) {
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) =>
      same(one[key] ?? null, other[key] ?? null),
    );
  }
  return one === other;
}

export function isEmpty(value: Json): boolean {
  if (isList(value)) return value.length === 0;
  if (isObject(value)) return Object.keys(value).length === 0;
  return value === null || value === '' || value === 0 || value === false;
}

/** A value on one line. */
export function show(value: Json): string {
  return shorten(value === REDACTED ? REDACTED : JSON.stringify(value)) as string;
}

function shorten(text: string | undefined): string | undefined {
  return text !== undefined && text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
}
