import { type Attributes, isList, isObject, type Json, type Plan, type ResourceChange } from './plan-json';

/** What stands where a value must not be shown. */
export const REDACTED = '(sensitive)';

/** Shorter values occur in innocent text; the masks hide them where they stand. */
const SHORTEST_SCRUBBED = 5;

/**
 * The plan without the values that Terraform marks as sensitive. Values are hidden by the masks first, and then wherever else the
 * same text occurs: a secret that is passed on through a place without a mask is still a secret.
 */
export function redactPlan(plan: Plan): Plan {
  const redact = redactor(secretsOf(plan));
  const change = (entry: ResourceChange): ResourceChange => {
    const { before, after, before_sensitive: hiddenBefore, after_sensitive: hiddenAfter } = entry.change;
    return {
      ...entry,
      change: {
        ...entry.change,
        before: redact.value(masked(before, hiddenBefore)) as Attributes | null,
        after: redact.value(masked(after, hiddenAfter)) as Attributes | null,
      },
    };
  };
  const { format_version, resource_changes = [], resource_drift = [], errored } = plan;
  return {
    format_version,
    errored,
    resource_changes: resource_changes.map(change),
    resource_drift: resource_drift.map(change),
  };
}

/** Hides every secret of these plans in any text. */
export function scrubber(plans: readonly Plan[]): (text: string) => string {
  return redactor(plans.flatMap(secretsOf)).text;
}

function redactor(secrets: readonly string[]) {
  // A long secret may contain a short one.
  const ordered = [...new Set(secrets)].sort((one, other) => other.length - one.length);
  const text = (plain: string) => ordered.reduce((result, secret) => result.replaceAll(secret, REDACTED), plain);
  const value = (json: Json): Json => {
    if (ordered.length === 0) return json;
    if (typeof json === 'string') return text(json);
    if (isList(json)) return json.map(value);
    if (isObject(json)) return Object.fromEntries(Object.entries(json).map(([key, inner]) => [key, value(inner)]));
    return json;
  };
  return { text, value };
}

function secretsOf({ resource_changes = [], resource_drift = [], variables = {}, configuration }: Plan): string[] {
  const declared = configuration?.root_module?.variables ?? {};
  const found = Object.entries(variables).flatMap(([name, { value }]) =>
    declared[name]?.sensitive && value !== undefined ? texts(value) : [],
  );
  // One sensitive entry hides a whole set. What stands elsewhere without a mask is one of its innocent neighbours.
  const sides = [...resource_changes, ...resource_drift].flatMap(({ change }) => [
    { value: change.before, mask: change.before_sensitive },
    { value: change.after, mask: change.after_sensitive },
  ]);
  const open = new Set(sides.flatMap(({ value, mask }) => texts(masked(value, mask))));
  found.push(...sides.flatMap(({ value, mask }) => hiddenTexts(value, mask)).filter((text) => !open.has(text)));
  // In a file each line of a secret stands by itself, and JSON writes some signs otherwise.
  return found
    .flatMap((secret) => [secret, ...secret.split('\n').map((line) => line.trim())])
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .filter((secret) => secret.length >= SHORTEST_SCRUBBED);
}

function masked(value: Json, mask: Json | undefined): Json {
  if (mask === true) return REDACTED;
  if (isList(value) && isList(mask)) return value.map((inner, index) => masked(inner, mask[index]));
  if (isObject(value) && isObject(mask)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner, mask[key])]));
  }
  return value;
}

function hiddenTexts(value: Json, mask: Json | undefined): string[] {
  if (mask === true) return texts(value);
  if (isList(value) && isList(mask)) return value.flatMap((inner, index) => hiddenTexts(inner, mask[index]));
  if (isObject(value) && isObject(mask)) {
    return Object.entries(value).flatMap(([key, inner]) => hiddenTexts(inner, mask[key]));
  }
  return [];
}

function texts(value: Json): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  if (isList(value)) return value.flatMap(texts);
  return isObject(value) ? Object.values(value).flatMap(texts) : [];
}
