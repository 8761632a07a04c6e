import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureComponents } from '../../../cli/cluster/components';
import { files } from '../../../cli/cluster/layout';

/** A change of the addresses behind a name, as the API server tells it. */
interface SliceEvent {
  readonly type: string;
  readonly object: {
    readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
    readonly endpoints?:
      | readonly { readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean } }[]
      | null;
  };
}

const SERVICE_LABEL = 'kubernetes.io/service-name';
const AGAIN_MS = 1000;

/** The addresses behind each name, and the most that there were at one time. */
export class Names {
  readonly most = new Map<string, number>();
  private readonly slices = new Map<string, { readonly service: string; readonly addresses: readonly string[] }>();

  take({ type, object }: SliceEvent): void {
    const { name, labels } = object.metadata;
    const service = labels?.[SERVICE_LABEL];
    if (service === undefined) return;
    if (type === 'DELETED') this.slices.delete(name);
    else {
      const ready = (object.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
      this.slices.set(name, { service, addresses: ready.flatMap(({ addresses }) => addresses) });
    }
    this.most.set(service, Math.max(this.most.get(service) ?? 0, this.behind(service).length));
  }

  /** What was seen before is told again. */
  beginAgain(): void {
    this.slices.clear();
  }

  private behind(service: string): string[] {
    const addresses = [...this.slices.values()].filter((slice) => slice.service === service);
    return [...new Set(addresses.flatMap((slice) => slice.addresses))];
  }
}

/** Sees every change of the names of a namespace while something is done to it, also when the API server goes and comes back. */
export class NamesWatch {
  readonly names = new Names();
  private watching?: ChildProcess;
  private ended = false;

  constructor(private readonly namespace: string) {}

  async start(): Promise<void> {
    const program = join(await ensureComponents(), 'kubectl');
    const what = ['get', 'endpointslices', '--namespace', this.namespace];
    const how = ['--watch', '--output-watch-events', '--output', 'json'];
    const begin = () => {
      if (this.ended) return;
      this.names.beginAgain();
      let text = '';
      const watching = spawn(program, ['--kubeconfig', files.kubeconfig('admin'), ...what, ...how], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      this.watching = watching;
      watching.stdout.setEncoding('utf8').on('data', (more: string) => {
        // One event a line.
        const lines = (text + more).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) this.names.take(JSON.parse(line) as SliceEvent);
      });
      watching.once('close', () => setTimeout(begin, AGAIN_MS).unref());
    };
    begin();
  }

  stop(): void {
    this.ended = true;
    this.watching?.kill();
  }
}
