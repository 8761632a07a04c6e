import { randomBytes } from 'node:crypto';
import { Agent } from 'node:https';
import { setTimeout } from 'node:timers/promises';
import { Client, type ClientOptions } from './client';
import type { Operator } from './operator';
import { Broken, type Slowed } from './outcome';
import { type Application, createApplication } from './product/applications';
import { createNamed, createUser, GROUPS, ROLES, type User } from './product/directory';
import { createIdentityProvider } from './product/identity-providers';
import type { Target } from './target';

/**
 * Within how many seconds a change on one node must count on the others. A message between nodes takes milliseconds; without it,
 * their caches expire after 300 s at the earliest.
 */
export const BOUND_SECONDS = 5;
const POLL_MS = 50;
const SETTLE_SECONDS = 1;

export interface LabOptions {
  /** Beginning of every name that is made. */
  readonly prefix: string;
  /** Whether user names must be e-mail addresses. */
  readonly emailUsernames: boolean;
  readonly signal?: AbortSignal;
  /** @default BOUND_SECONDS */
  readonly boundSeconds?: number;
  /** @default - none: checks that need one are skipped */
  readonly operator?: Operator;
  /** `<address>:<port>` of this machine, at which nodes reach it. @default - checks of back-channel log-out are skipped */
  readonly backChannel?: string;
  /** Whether consents may be made, whose rows stay. @default false */
  readonly consents?: boolean;
  /** Clients of the load of log-ins. @default 20 */
  readonly clients?: number;
  /** Seconds before and after a fault. @default 3 */
  readonly calmSeconds?: number;
}

/** What a check works with: clients, and things of its own that carry the run's prefix and are removed after it. */
export class Lab {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly clients: Client[] = [];
  /** Why the load of log-ins was given up. @default - it was not */
  slowed?: Slowed;
  private readonly slowest = new Map<string, number>();

  constructor(
    readonly target: Target,
    readonly options: LabOptions,
  ) {}

  /** A client with an empty cookie jar. */
  client(node?: string, options: Omit<ClientOptions, 'node' | 'signal'> = {}): Client {
    // A certificate belongs to a connection.
    const agent = options.certificate === undefined ? this.agent : undefined;
    const client = new Client(this.target, { ...options, node, agent, signal: this.options.signal });
    this.clients.push(client);
    return client;
  }

  /** The administrator, through one node. */
  admin(node?: string): Client {
    return this.client(node, { basic: this.target.administrator });
  }

  /** @param backChannelLogoutUrl where nodes are to report log-outs. @default - nowhere */
  application(node: string, backChannelLogoutUrl?: string): Promise<Application> {
    return createApplication(this.admin(node), this.newName('app'), backChannelLogoutUrl);
  }

  user(node: string): Promise<User> {
    return createUser(this.admin(node), this.newUsername());
  }

  group(node: string): Promise<string> {
    return createNamed(this.admin(node), GROUPS, this.newName('group'));
  }

  role(node: string): Promise<string> {
    return createNamed(this.admin(node), ROLES, this.newName('role'));
  }

  identityProvider(node: string, secret: string): Promise<string> {
    return createIdentityProvider(this.admin(node), this.newName('idp'), secret);
  }

  newName(what: string): string {
    return `${this.options.prefix}${what}-${randomBytes(3).toString('hex')}`;
  }

  newUsername(): string {
    const name = this.newName('user');
    return this.options.emailUsernames ? `${name}@acceptance.invalid` : name;
  }

  /**
   * Asks until the answer is as it must be.
   *
   * @param what the moment that is waited for, such as "the lock counts on node-2"
   * @param look what is seen now, undefined when it is as it must be
   * @throws Broken with what is still seen after the bound
   */
  async within(what: string, look: () => Promise<string | undefined>): Promise<void> {
    const { boundSeconds = BOUND_SECONDS } = this.options;
    const startedAt = performance.now();
    for (;;) {
      const seen = await look();
      const milliseconds = performance.now() - startedAt;
      if (seen === undefined) {
        this.slowest.set(what, Math.max(milliseconds, this.slowest.get(what) ?? 0));
        return;
      }
      if (milliseconds > boundSeconds * 1000) throw new Broken(`${seen}, still after ${boundSeconds} s`);
      await setTimeout(POLL_MS);
    }
  }

  /** Gives a message between the nodes its time, where asking would change the answer. */
  async settle(): Promise<void> {
    await setTimeout(Math.min(SETTLE_SECONDS, this.options.boundSeconds ?? BOUND_SECONDS) * 1000);
  }

  note(remark: string): void {
    this.remarks.push(remark);
  }

  private readonly remarks: string[] = [];

  /** What was measured, as sentences. */
  get notes(): string[] {
    return [
      ...this.remarks,
      ...[...this.slowest].map(([what, milliseconds]) => `${what} after ${Math.ceil(milliseconds)} ms`),
    ];
  }

  close(): void {
    for (const client of this.clients) client.close();
    this.agent.destroy();
  }
}
