import { type Attributes, isList, isObject, type Json, type Plan, type ResourceChange } from './plan-json';

/** The provider's resource of an object of a cluster. */
export const MANIFEST = 'kubectl_manifest';

/** Attributes with the object as text, or with fingerprints of it: in this form nobody can read or compare them. */
const TEXTS = ['yaml_body', 'yaml_body_parsed', 'yaml_incluster', 'live_manifest_incluster'];

/**
 * The plan with what the objects of a cluster are, in place of the texts that the provider has of them. The provider hides those whole; of an
 * object only what a Secret holds is to be hidden. Beside the `object` there are, as of a container, `upload`, the files that a ConfigMap
 * holds, and `env`, the variables of a pod's containers; and `changed_in_cluster`, whether somebody else has changed it.
 */
export function withObjects(plan: Plan): Plan {
  const { resource_changes: changes = [], resource_drift: drift = [] } = plan;
  if (![...changes, ...drift].some(({ type }) => type === MANIFEST)) return plan;
  const paths = mountPaths([...changes, ...drift]);
  const read = (entry: ResourceChange) => (entry.type === MANIFEST ? withObject(entry, paths) : entry);
  return { ...plan, resource_changes: changes.map(read), resource_drift: drift.map(read) };
}

/** The object that is planned, or was there; undefined where it is not known. */
export function objectOf(values: Attributes | null): Attributes | undefined {
  return isObject(values?.object) ? values.object : undefined;
}

/** The value at the end of a path of keys; undefined where it does not lead to one. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

/** The entries of a list that are objects. */
export function entries(value: Json | undefined): readonly Attributes[] {
  return isList(value) ? value.filter(isObject) : [];
}

/** What a pod is made from; undefined where the object makes none. */
export function podOf(object: Attributes | undefined): Attributes | undefined {
  const pod = at(object, 'spec', 'template', 'spec');
  return isObject(pod) ? pod : undefined;
}

/** All containers of a pod, those that run before the others first. */
export function containersOf(pod: Attributes): readonly Attributes[] {
  return [...entries(pod.initContainers), ...entries(pod.containers)];
}

function withObject(entry: ResourceChange, paths: ReadonlyMap<string, string>): ResourceChange {
  const { before, after, replace_paths: replaced } = entry.change;
  const [one, other] = [before, after].map((side) => side && sideOf(side, paths));
  return {
    ...entry,
    change: {
      ...entry.change,
      before: one ?? null,
      after: other ?? null,
      before_sensitive: maskOf(one ?? null),
      after_sensitive: maskOf(other ?? null),
      ...(replaced && {
        replace_paths: replaced.map(([first, ...rest]) => [
          first === 'yaml_body' ? 'object' : (first as string),
          ...rest,
        ]),
      }),
    },
  };
}

function sideOf(values: Attributes, paths: ReadonlyMap<string, string>): Attributes {
  const others = Object.fromEntries(Object.entries(values).filter(([key]) => !TEXTS.includes(key)));
  const object = parsed(values.yaml_body);
  // A value that is known after the apply alone is missing.
  const differs = (one: string, two: string) =>
    values[one] !== undefined && values[two] !== undefined && values[one] !== values[two];
  return {
    ...others,
    changed_in_cluster: differs('yaml_incluster', 'live_manifest_incluster') || differs('uid', 'live_uid'),
    ...(object && { object, upload: filesOf(object, paths), env: variablesOf(object) }),
  };
}

/** The object, which this project writes as JSON, as YAML reads that as well; undefined of a text that somebody else has written. */
function parsed(text: Json | undefined): Attributes | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function maskOf(values: Attributes | null): Json {
  const object = objectOf(values);
  return object?.kind === 'Secret' ? { object: { data: true, stringData: true } } : {};
}

function filesOf(object: Attributes, paths: ReadonlyMap<string, string>): Json {
  if (object.kind !== 'ConfigMap' || !isObject(object.data)) return [];
  const name = at(object, 'metadata', 'name');
  return Object.entries(object.data).map(([key, content]) => ({ file: paths.get(`${name}/${key}`) ?? key, content }));
}

function variablesOf(object: Attributes): Json {
  const pod = podOf(object);
  if (pod === undefined) return [];
  const main = entries(pod.containers)[0]?.name;
  return containersOf(pod).flatMap((container) =>
    entries(container.env).map(({ name, value, valueFrom }) => {
      const of = container.name === main ? '' : `${container.name}: `;
      return `${of}${name}=${value ?? (valueFrom === undefined ? '' : JSON.stringify(valueFrom))}`;
    }),
  );
}

/** Where a container has each key of a ConfigMap, by "name of the ConfigMap/key". */
function mountPaths(changes: readonly ResourceChange[]): Map<string, string> {
  const pods = changes
    .filter(({ type }) => type === MANIFEST)
    .flatMap(({ change: { before, after } }) => [before, after].map((side) => podOf(parsed(side?.yaml_body))))
    .filter((pod) => pod !== undefined);
  return new Map(
    pods.flatMap((pod) => {
      const names = new Map(entries(pod.volumes).map(({ name, configMap }) => [name, at(configMap, 'name')]));
      return containersOf(pod).flatMap(({ volumeMounts }) =>
        entries(volumeMounts).flatMap(({ name, subPath, mountPath }): [string, string][] => {
          const configMap = names.get(name as Json);
          return configMap === undefined || subPath === undefined
            ? []
            : [[`${configMap}/${subPath}`, String(mountPath)]];
        }),
      );
    }),
  );
}
