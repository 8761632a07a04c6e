import type { TopologyAssets } from '../environment/assets';

/** A script that runs in a container, by its path below `runtime/`. @throws where there is none of that name */
export function runtimeScript({ runtime }: Pick<TopologyAssets, 'runtime'>, path: string): string {
  const script = runtime[path];
  if (script === undefined) throw new Error(`there is no runtime/${path}`);
  return script;
}
