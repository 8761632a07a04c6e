import { readFileSync } from 'node:fs';
import { MACHINES } from '../../cli/cluster/layout';
import { FrontDoor, healthPage } from '../chaos/cluster/front-door';
import { mix, pause } from '../chaos/fault';
import type { ClusterEnvironment } from './cluster-environment';
import { type LoadReport, underLoad } from './load';
import { placeOf } from './places';
import { eventually } from './workspace';

/** Before and after what is done, so that connections are warm and late damage shows. */
const SETTLE_MS = 3000;

/** Clients of an environment on the test cluster, sent to its machines by what a bank has before them. */
export class ClusterClients {
  private door: FrontDoor | undefined;
  /** Ids of the writes that clients were told are done. */
  readonly acknowledged: string[] = [];

  constructor(private readonly environment: ClusterEnvironment) {}

  /** Does something while clients send requests, of which none may fail. They never retry. */
  async expectNoFailure(name: string, work: () => Promise<void>): Promise<void> {
    const { sent, failed } = await this.load(name, work);
    expect(failed).toEqual([]);
    expect(sent).toBeGreaterThan(500);
  }

  /**
   * Does something that clients may notice.
   *
   * @returns seconds from its beginning until the last request was sent that failed; 0 where none did
   */
  async failingSeconds(name: string, work: () => Promise<void>): Promise<number> {
    let begunAt = 0;
    const { requests } = await this.load(name, () => {
      begunAt = performance.now();
      return work();
    });
    const last = Math.max(
      begunAt,
      ...requests.filter(({ failure }) => failure !== undefined).map(({ sentAt }) => sentAt),
    );
    const seconds = (last - begunAt) / 1000;
    console.log(`${name}: no request failed that was sent later than ${seconds.toFixed(1)} s`);
    return seconds;
  }

  close(): void {
    this.door?.close();
  }

  private async load(name: string, work: () => Promise<void>): Promise<LoadReport> {
    const { name: environment, workspace } = this.environment;
    const { hostname, bindAddress: address } = placeOf(environment);
    const ca = readFileSync(workspace.path('build', environment, 'ca.crt'), 'utf8');
    this.door ??= await this.openDoor(hostname, address, ca);
    const opened = this.door;
    await eventually('clients are sent to two machines', 60, async () => opened.wellTargets().length === 2);
    const { report } = await underLoad(
      { address, hostname, ca, name: `${environment}-${name}`, clients: 6, pause: 30, requests: mix(environment) },
      async () => {
        await pause(SETTLE_MS);
        await work();
        await pause(SETTLE_MS);
      },
    );
    console.log(`${name}: ${report.sent} requests, ${report.failed.length} failed`);
    const written = report.requests.filter(({ kind, failure }) => kind === 'write' && failure === undefined);
    this.acknowledged.push(...written.map(({ id }) => id));
    return report;
  }

  private async openDoor(hostname: string, address: string, ca: string): Promise<FrontDoor> {
    const { https } = this.environment.ports;
    const ask = healthPage(https, { hostname, ca });
    const opened = new FrontDoor({ address, port: 443, targets: MACHINES, targetPort: https, ask });
    await opened.open();
    return opened;
  }
}
