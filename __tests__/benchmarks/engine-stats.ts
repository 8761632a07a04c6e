import { request } from 'node:http';
import { UserError } from '../../cli/setup/errors';

/** What a container has used. */
export interface ContainerUse {
  /** Processor time since it was started, in seconds. */
  readonly cpuSeconds: number;
  /** Memory now, in MiB, without the file cache that the kernel takes back. */
  readonly memoryMb: number;
}

/**
 * Asks the engine itself: the docker client says shares of a processor, not time.
 *
 * @param host address of the engine, unix:// or tcp:// without TLS
 * @throws UserError for another kind of address
 */
export async function useOf(host: string, container: string): Promise<ContainerUse> {
  const answer = (await asked(host, `/containers/${container}/stats?stream=false&one-shot=true`)) as Stats;
  const { usage, stats } = answer.memory_stats;
  // What is file cache has a name in each version of control groups.
  const cache = stats?.total_inactive_file ?? stats?.inactive_file ?? 0;
  return { cpuSeconds: answer.cpu_stats.cpu_usage.total_usage / 1e9, memoryMb: ((usage ?? 0) - cache) / 2 ** 20 };
}

interface Stats {
  /** Nanoseconds. */
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } };
  /** Bytes. */
  readonly memory_stats: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> };
}

function asked(host: string, path: string): Promise<unknown> {
  const [, scheme, place = ''] = /^(unix|tcp):\/\/(.+)$/.exec(host) ?? [];
  if (scheme === undefined) {
    throw new UserError(`the benchmark reads processor times from the engine, at unix:// or tcp://; it is at ${host}`);
  }
  const target = scheme === 'unix' ? { socketPath: place } : addressOf(place);
  return new Promise((resolve, reject) => {
    request({ ...target, path }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`the engine answered ${path} with ${response.statusCode}: ${text.trim()}`));
      });
    })
      .on('error', reject)
      .end();
  });
}

function addressOf(place: string): { hostname: string; port: string } {
  const { hostname, port } = new URL(`http://${place}`);
  return { hostname, port };
}
