import { isDeepStrictEqual } from 'node:util';
import {
  type AttributeDifference,
  type Differences,
  isEmpty,
  linesOf,
  show,
  type TextDifference,
  uploads,
  variables,
} from './differences';
import { at, entries, objectOf } from './kubernetes-object';
import { type Attributes, isList, isObject, type Json } from './plan-json';
import { parseQuantity } from './quantity';

/** What changes when files change that a pod reads as it starts. */
const FILES_DIGEST = 'wso2-is-active-active.files';

/** Beginning of the annotation that changes with the object. */
const CONTENT = 'wso2-is-active-active.content/';

/** How the name of a Job, and of its files, ends. */
const CONTENT_DIGEST = /-[0-9a-f]{10}$/;

/** What the pod of an object is made from. */
const TEMPLATE = 'spec.template.';

interface Leaf {
  readonly path: string;
  readonly before: Json;
  readonly after: Json;
}

/** What differs between two sides of an object of a cluster. Both must be redacted. */
export function objectDifferences(before: Attributes, after: Attributes): Differences {
  const leaves = leavesOf('', compared(before), compared(after));
  const [attributes, texts]: [AttributeDifference[], TextDifference[]] = [[], []];
  for (const leaf of leaves) {
    if (leaf.path.endsWith(FILES_DIGEST) || isRenamed(leaf)) continue;
    const attribute = nameOfField(leaf.path);
    const [text, otherText] = [linesOf(leaf.before), linesOf(leaf.after)];
    if (text === undefined && otherText === undefined) {
      attributes.push({ attribute, before: show(leaf.before), after: show(leaf.after) });
    } else texts.push({ file: attribute, before: text ?? show(leaf.before), after: otherText ?? show(leaf.after) });
  }
  return {
    attributes,
    variables: variables(before.env, after.env),
    texts: [...uploads(before.upload, after.upload), ...texts],
  };
}

/** Another content has given it another name: what it was called says nothing. */
function isRenamed({ before, after }: Leaf): boolean {
  const [one, other] = [before, after].map((name) =>
    typeof name === 'string' ? name.replace(CONTENT_DIGEST, '') : '',
  );
  return one !== '' && one === other;
}

/**
 * What of an object is not in the cluster as it was declared, in words, and what somebody has put into its lists, such as a variable: an apply
 * takes that back. Other fields that others have added are no concern of Terraform's. Values of variables and files are not shown: what
 * somebody has put there by hand may be a secret.
 */
export function changedFields(declared: Attributes, live: Attributes): string[] {
  const leaves = leavesOf('', declared, declaredPart(declared, live)).filter((leaf) => !isAnotherSpelling(leaf));
  const changed = leaves.map(({ path, before, after }) => {
    const name = nameOfField(path);
    return /(^|\.)(env|data|stringData)\./.test(path) ? name : `${name}: ${show(before)} → ${show(after)}`;
  });
  return [...changed, ...addedEntries('', declared, live).map((path) => `${nameOfField(path)}: added`)];
}

/** Paths of the entries that declared lists have beside what was declared. */
function addedEntries(path: string, declared: Json, live: Json): string[] {
  const [wanted, there] = [byKey(declared), byKey(live)];
  if (wanted === undefined || there === undefined) return [];
  const below = (key: string) => (path === '' ? key : `${path}.${key}`);
  const added = isList(declared) ? [...there.keys()].filter((key) => !wanted.has(key)) : [];
  return [
    ...added.map(below),
    ...[...wanted].flatMap(([key, entry]) => addedEntries(below(key), entry, there.get(key) ?? null)),
  ];
}

/** The API server leaves away what is empty, and writes amounts in its own way, such as 1Gi for 1024Mi. */
function isAnotherSpelling({ path, before, after }: Leaf): boolean {
  if (isEmpty(before) && isEmpty(after)) return true;
  const isAmount = /(^|\.)(requests|limits|sizeLimit)\b/.test(path);
  return (
    isAmount &&
    typeof before === 'string' &&
    typeof after === 'string' &&
    parseQuantity(before) === parseQuantity(after)
  );
}

/** Of what is in the cluster, what was declared. */
function declaredPart(declared: Json, live: Json): Json {
  if (isObject(declared) && isObject(live)) {
    return Object.fromEntries(
      Object.keys(declared).map((key) => [key, declaredPart(declared[key] as Json, live[key] ?? null)]),
    );
  }
  const [wanted, there] = [byKey(declared), byKey(live)];
  if (isList(declared) && isList(live) && wanted && there) {
    return [...wanted].flatMap(([key, entry]) => (there.has(key) ? [declaredPart(entry, there.get(key) as Json)] : []));
  }
  if (isList(declared) && isList(live) && declared.length === live.length) {
    return declared.map((entry, index) => declaredPart(entry, live[index] as Json));
  }
  return live;
}

/** Whether the pods of an object are replaced by new ones, since what they are made from changes. */
export function replacesPods(before: Attributes | null, after: Attributes | null): boolean {
  const [one, other] = [objectOf(before), objectOf(after)].map((object) => template(object));
  return one !== undefined && other !== undefined && !isDeepStrictEqual(one, other);
}

/** Whether files change that its pods read as they start. */
export function readsOtherFiles(before: Attributes | null, after: Attributes | null): boolean {
  const [one, other] = [objectOf(before), objectOf(after)].map((object) =>
    at(object, 'spec', 'template', 'metadata', 'annotations', FILES_DIGEST),
  );
  return one !== undefined && other !== undefined && one !== other;
}

function template(object: Attributes | undefined): Json | undefined {
  return at(object, 'spec', 'template');
}

/** A path as people are shown it: what pods are made from is the pod. */
function nameOfField(path: string): string {
  return path.startsWith(TEMPLATE) ? `pod.${path.slice(TEMPLATE.length).replace(/^spec\./, '')}` : path;
}

/** The object without what is shown otherwise, or says only that something else has changed. */
function compared(values: Attributes): Json {
  const object = objectOf(values) ?? {};
  const metadata = isObject(object.metadata) ? object.metadata : {};
  const annotations = Object.entries(isObject(metadata.annotations) ? metadata.annotations : {});
  return without({
    ...object,
    ...(object.kind === 'ConfigMap' && { data: null }),
    metadata: { ...metadata, annotations: Object.fromEntries(annotations.filter(([key]) => !key.startsWith(CONTENT))) },
  });
}

/** Without the variables of containers. */
function without(value: Json): Json {
  if (isList(value)) return value.map(without);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => key !== 'env' || !isList(inner))
      .map(([key, inner]) => [key, without(inner)]),
  );
}

/** The innermost values that differ. Entries of a list that have names are compared with those of the same name. */
function leavesOf(path: string, before: Json, after: Json): Leaf[] {
  if (isDeepStrictEqual(before, after)) return [];
  const below = (key: string) => (path === '' ? key : `${path}.${key}`);
  const [one, other] = [byKey(before), byKey(after)];
  if (one === undefined || other === undefined) {
    return [{ path, before: before ?? null, after: after ?? null }];
  }
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((key) =>
    leavesOf(below(key), one.get(key) ?? null, other.get(key) ?? null),
  );
}

/** An object's values, or a list's entries by their names; undefined where there are none to go by. Nothing has none. */
function byKey(value: Json): Map<string, Json> | undefined {
  if (isObject(value)) return new Map(Object.entries(value));
  if (!isList(value)) return undefined;
  const named = entries(value);
  const names = named.map(({ name, mountPath }) => mountPath ?? name);
  const usable = named.length === value.length && names.every((name) => typeof name === 'string');
  return usable && new Set(names).size === names.length
    ? new Map(named.map((entry, index) => [String(names[index]), entry]))
    : undefined;
}
