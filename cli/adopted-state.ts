import { createHash, randomUUID } from 'node:crypto';
import { type Attributes, isList, isObject, type Json, type PlannedResource } from '../review/plan/plan-json';

/** Terraform's state as it is kept, format 4: the parts that are read or written here. */
export interface StateDocument {
  readonly version: number;
  readonly terraform_version: string;
  readonly serial: number;
  readonly lineage: string;
  readonly outputs: Json;
  readonly resources: readonly StateResource[];
  readonly check_results: Json;
}

interface StateResource {
  readonly mode: string;
  readonly type: string;
  readonly name: string;
  readonly provider: string;
  readonly instances: readonly {
    readonly schema_version: number;
    readonly attributes: Attributes;
    readonly sensitive_attributes: readonly Json[];
  }[];
}

/** A resource of the plan that is there already, with its attributes as they are. */
export interface AdoptedResource {
  readonly resource: PlannedResource;
  readonly attributes: Attributes;
}

/**
 * A state that knows these resources beside those that it knew.
 *
 * @param state undefined where there is none
 */
export function stateWith(
  state: StateDocument | undefined,
  adopted: readonly AdoptedResource[],
  terraformVersion: string,
): StateDocument {
  const resources = adopted.map(
    ({ resource: { type, name, provider_name: provider, schema_version }, attributes }): StateResource => ({
      mode: 'managed',
      type,
      name,
      provider: `provider["${provider}"]`,
      instances: [{ schema_version, attributes, sensitive_attributes: [] }],
    }),
  );
  const isAdopted = (known: StateResource) =>
    resources.some(({ type, name }) => known.mode === 'managed' && known.type === type && known.name === name);
  return {
    version: 4,
    terraform_version: state?.terraform_version ?? terraformVersion,
    serial: (state?.serial ?? 0) + 1,
    lineage: state?.lineage ?? randomUUID(),
    outputs: state?.outputs ?? {},
    resources: [...(state?.resources ?? []).filter((known) => !isAdopted(known)), ...resources],
    check_results: state?.check_results ?? null,
  };
}

/** What `docker container inspect` and `docker image inspect` say, as far as the provider reads none of it back. */
export interface FoundContainer {
  readonly Id: string;
  /** Id of the image. */
  readonly Image: string;
  readonly Config: ImageConfig;
  readonly HostConfig: {
    readonly Binds: readonly string[] | null;
    readonly CapAdd: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly NanoCpus: number;
  };
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAMConfig: { readonly IPv4Address?: string } | null }>>;
  };
}

export interface ImageConfig {
  readonly Env: readonly string[] | null;
  readonly Labels: Readonly<Record<string, string>> | null;
}

/**
 * A container's attributes: those that only Terraform knows as they are planned, those that the provider does not read back from the
 * engine as they are there. The provider completes the rest when it refreshes.
 *
 * @param files content of the uploaded files in the container, by path
 * @param logs what it wrote
 */
export function containerAttributes(
  planned: Attributes,
  { Id, Image, Config, HostConfig, NetworkSettings }: FoundContainer,
  image: ImageConfig,
  files: ReadonlyMap<string, Buffer>,
  logs: string,
): Attributes {
  const { CapAdd, CapDrop, NanoCpus } = HostConfig;
  const own = <T>(entries: readonly T[], inherited: readonly T[], wanted: Json | undefined) =>
    entries.filter((entry) => !inherited.includes(entry) || (isList(wanted) && wanted.includes(entry as Json)));
  const planning = blocks(planned.labels).map(({ label }) => label);
  return {
    ...planned,
    id: Id,
    image: Image,
    env: own(Config.Env ?? [], image.Env ?? [], planned.env),
    labels: Object.entries(Config.Labels ?? {})
      .filter(([label, value]) => planning.includes(label) || image.Labels?.[label] !== value)
      .map(([label, value]) => ({ label, value })),
    volumes: (HostConfig.Binds ?? []).map((bind) => volumeBlock(bind, blocks(planned.volumes))),
    ...(blocks(planned.networks_advanced).length > 0 && {
      networks_advanced: Object.entries(NetworkSettings.Networks).map(([name, { IPAMConfig }]) => {
        const block = blocks(planned.networks_advanced).find((candidate) => candidate.name === name);
        return { ...block, name, ipv4_address: IPAMConfig?.IPv4Address ?? '' };
      }),
    }),
    upload: blocks(planned.upload).flatMap((block) => uploadBlock(block, files)),
    // The provider keeps what was planned where the container has none.
    ...(NanoCpus === 0 && { cpus: null }),
    ...((CapAdd ?? CapDrop) === null && { capabilities: [] }),
    ...(planned.logs === true && { container_logs: logs }),
  };
}

function blocks(value: Json | undefined): readonly Attributes[] {
  return isList(value) ? value.filter(isObject) : [];
}

/** @param bind `volume:path` or `volume:path:options` */
function volumeBlock(bind: string, planned: readonly Attributes[]): Attributes {
  const [volume = '', path = '', options = ''] = bind.split(':');
  const readOnly = options.split(',').includes('ro');
  const block = planned.find((candidate) => candidate.volume_name === volume && candidate.container_path === path);
  if (block !== undefined && (block.read_only === true) === readOnly) return block;
  return { [volume.startsWith('/') ? 'host_path' : 'volume_name']: volume, container_path: path, read_only: readOnly };
}

/** An uploaded file as it is in the container. */
function uploadBlock(planned: Attributes, files: ReadonlyMap<string, Buffer>): Attributes[] {
  const content = files.get(String(planned.file));
  if (content === undefined) return [];
  const hash = planned.source_hash;
  if (typeof hash === 'string' && hash !== '') return [{ ...planned, source_hash: hashed('sha256', content) }];
  return [{ ...planned, content: content.toString('utf8') }];
}

/** A local file's attributes. */
export function fileAttributes(planned: Attributes, content: Buffer): Attributes {
  const hashes = (['md5', 'sha1', 'sha256', 'sha512'] as const).map((algorithm) => [
    `content_${algorithm}`,
    hashed(algorithm, content),
  ]);
  const encoded = (['sha256', 'sha512'] as const).map((algorithm) => [
    `content_base64${algorithm}`,
    hashed(algorithm, content, 'base64'),
  ]);
  const id = hashed('sha1', content);
  return { ...planned, content: content.toString('utf8'), id, ...Object.fromEntries([...hashes, ...encoded]) };
}

function hashed(algorithm: string, content: Buffer, encoding: 'hex' | 'base64' = 'hex'): string {
  return createHash(algorithm).update(content).digest(encoding);
}
