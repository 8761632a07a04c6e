import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Attributes, isList, isObject, type PlannedResource } from '../review/plan/plan-json';
import {
  type AdoptedResource,
  containerAttributes,
  type FoundContainer,
  fileAttributes,
  type ImageConfig,
  stateWith,
} from './adopted-state';
import type { CommandContext } from './command';
import { CommandError } from './setup/process';
import type { TerraformStackRunner } from './terraform';

/**
 * Takes what the saved plan of a stack wants to create, and what is there, into the stack's state. The engine is only read.
 *
 * @returns addresses of what was adopted
 */
export async function adopt({ engine }: CommandContext, runner: TerraformStackRunner): Promise<string[]> {
  const {
    resource_changes: changes = [],
    planned_values: planned,
    terraform_version: version = '',
  } = await runner.planJson();
  const created = changes.filter(({ change }) => change.actions.join() === 'create').map(({ address }) => address);
  const wanted = (planned?.root_module.resources ?? []).filter(({ address }) => created.includes(address));
  const found = await Promise.all(
    wanted.map(async (resource): Promise<AdoptedResource[]> => {
      const attributes = await attributesOf(resource, engine, runner.directory);
      return attributes === undefined ? [] : [{ resource, attributes }];
    }),
  );
  const adopted = found.flat();
  if (adopted.length === 0) return [];
  await runner.pushState(stateWith(await runner.pullState(), adopted, version));
  return adopted.map(({ resource }) => resource.address);
}

type Engine = CommandContext['engine'];

/** Attributes of a resource as it is; undefined where it is not there. */
async function attributesOf(
  { type, values }: PlannedResource,
  engine: Engine,
  directory: string,
): Promise<Attributes | undefined> {
  const name = String(values.name);
  switch (type) {
    case 'docker_volume':
      return (await engine.names('volume')).includes(name) ? { ...values, id: name } : undefined;
    case 'docker_network': {
      if (!(await engine.names('network')).includes(name)) return undefined;
      return { ...values, id: (await engine.docker('network', 'inspect', '--format', '{{.Id}}', name)).trim() };
    }
    case 'docker_image': {
      const image = await inspected<{ readonly Id: string }>(engine, 'image', name);
      return image && { ...values, id: `${image.Id}${name}`, image_id: image.Id };
    }
    case 'docker_container':
      return (await engine.names('container')).includes(name) ? foundContainer(values, name, engine) : undefined;
    case 'local_file': {
      const file = join(directory, String(values.filename));
      return existsSync(file) ? fileAttributes(values, readFileSync(file)) : undefined;
    }
    default:
      return undefined;
  }
}

async function foundContainer(values: Attributes, name: string, engine: Engine): Promise<Attributes | undefined> {
  const container = await inspected<FoundContainer & { State: { Running: boolean } }>(engine, 'container', name);
  // A job that still runs is no record of anything yet.
  if (container === undefined || (values.must_run === false && container.State.Running)) return undefined;
  const image = await inspected<{ readonly Config: ImageConfig }>(engine, 'image', container.Image);
  const logs = values.logs === true ? await engine.logs(name) : '';
  const none: ImageConfig = { Env: null, Labels: null };
  return containerAttributes(values, container, image?.Config ?? none, await uploadedFiles(values, name, engine), logs);
}

/** What was uploaded, as it is now: a container that has ended has its files, too. */
async function uploadedFiles(values: Attributes, name: string, engine: Engine): Promise<Map<string, Buffer>> {
  const uploads = isList(values.upload) ? values.upload.filter(isObject) : [];
  const files = new Map<string, Buffer>();
  const folder = mkdtempSync(join(tmpdir(), 'wso2-adopted-'));
  try {
    for (const [index, { file }] of uploads.entries()) {
      const copy = join(folder, String(index));
      try {
        await engine.docker('cp', '--follow-link', `${name}:${file}`, copy);
      } catch (error) {
        // It is not there any more: then the plan says so.
        if (error instanceof CommandError && error.exitCode === 1) continue;
        throw error;
      }
      files.set(String(file), readFileSync(copy));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return files;
}

async function inspected<T>(engine: Engine, kind: 'container' | 'image', name: string): Promise<T | undefined> {
  try {
    return (JSON.parse(await engine.docker(kind, 'inspect', name)) as T[])[0];
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === 1) return undefined;
    throw error;
  }
}
