import { Agent, type RequestOptions, request } from 'node:https';
import { setTimeout } from 'node:timers/promises';
import { Answer } from './answer';
import { Broken, Skipped, Slowed, Unclear } from './outcome';
import type { Credentials, Target } from './target';

/** By which the load balancer knows a client's node. */
export const ROUTE_COOKIE = 'ISROUTE';
const TIMEOUT_SECONDS = 30;
const REDIRECTS = 10;
const TOO_MANY_REQUESTS = 429;
/** What is waited at most when Retry-After asks for more. */
const LONGEST_PAUSE_SECONDS = 10;

export interface Sending {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  /** Credentials for Basic authentication. */
  readonly basic?: Credentials;
  readonly bearer?: string;
}

/** How a client behaves. */
export interface ClientOptions {
  /** The node that the load balancer is asked for. @default - none: the load balancer chooses */
  readonly node?: string;
  /** Client certificate and key, PEM. @default - none is shown */
  readonly certificate?: { readonly certificate: string; readonly key: string };
  /** Sent with every request that has no other. */
  readonly basic?: Credentials;
  /** Ends what is under way. */
  readonly signal?: AbortSignal;
  /** Connections that several clients share. @default - connections of its own */
  readonly agent?: Agent;
}

/** One browser, or one program: cookies of its own, always on the same node. It follows no redirect by itself, and tries again only after a 429, once. */
export class Client {
  readonly jar = new Map<string, string>();
  /** Told before each request. */
  beforeRequest: () => void = () => {};
  private readonly agent: Agent;

  constructor(
    private readonly target: Target,
    private readonly options: ClientOptions = {},
  ) {
    this.agent = options.agent ?? new Agent({ keepAlive: true });
    this.moveTo(options.node);
  }

  /** From now on another node is asked for, with the same cookies. */
  moveTo(node: string | undefined): this {
    this.node = node;
    if (node === undefined) this.jar.delete(ROUTE_COOKIE);
    else this.jar.set(ROUTE_COOKIE, node);
    return this;
  }

  /** From now on any node may answer; the cookie stays as it is, as in a browser whose node has gone. */
  unpin(): this {
    this.node = undefined;
    return this;
  }

  private node: string | undefined;

  get(place: string, sending: Sending = {}): Promise<Answer> {
    return this.send(place, { ...sending, method: 'GET' });
  }

  post(place: string, sending: Sending = {}): Promise<Answer> {
    return this.send(place, { ...sending, method: 'POST' });
  }

  /**
   * @param place path, or a URL of the target
   * @throws Skipped for a path that the load balancer closes; Unclear when there is no answer, or another node's
   */
  async send(place: string, sending: Sending): Promise<Answer> {
    const path = this.pathOf(place);
    const plain = `${path.split('?')[0]}/`.toLowerCase();
    const denied = this.target.deniedPaths.find((prefix) => plain.startsWith(`${prefix.toLowerCase()}/`));
    if (denied !== undefined) throw new Skipped(`${denied} is closed by denied_paths`);
    const answer = await this.raw(path, sending);
    const elsewhere = answer.setCookies.map((cookie) => /^ISROUTE=([^;]*)/.exec(cookie)?.[1]).find(Boolean);
    if (this.node !== undefined && elsewhere !== undefined && elsewhere !== this.node) {
      throw new Unclear(`${this.node} was asked for, but ${elsewhere} answered: ${this.node} takes no traffic`);
    }
    return answer;
  }

  /** Opens a page and follows redirects until a page or a foreign address comes. @returns the last answer */
  async open(path: string): Promise<Answer> {
    const { origin } = this.target;
    let place = new URL(path, origin).href;
    let last = await this.get(place);
    for (let turn = 0; turn < REDIRECTS && last.location !== ''; turn++) {
      const next = new URL(last.location, place);
      if (next.origin !== origin) return last;
      place = next.href;
      last = await this.get(place);
    }
    return last;
  }

  /** Sends without judging where it goes or who answers. @throws Unclear when there is no answer, Slowed when it is 429 twice */
  async raw(path: string, sending: Sending = {}): Promise<Answer> {
    const first = await this.once(path, sending);
    if (first.status !== TOO_MANY_REQUESTS) return first;
    const seconds = Math.min(Number(first.header('retry-after') ?? 1) || 0, LONGEST_PAUSE_SECONDS);
    await setTimeout(seconds * 1000, undefined, { signal: this.options.signal });
    const second = await this.once(path, sending);
    if (second.status === TOO_MANY_REQUESTS) throw new Slowed(second.request);
    return second;
  }

  private once(path: string, sending: Sending): Promise<Answer> {
    const { method = 'GET', json, form } = sending;
    const body = json !== undefined ? JSON.stringify(json) : form && new URLSearchParams(form).toString();
    const type = json !== undefined ? 'application/json' : form && 'application/x-www-form-urlencoded';
    const headers: Record<string, string> = {
      host: new URL(this.target.origin).host,
      accept: '*/*',
      ...(type && { 'content-type': type }),
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      ...(this.jar.size > 0 && { cookie: [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ') }),
      ...this.authorization(sending),
      ...sending.headers,
    };
    this.beforeRequest();
    const what = `${method} ${path.split('?')[0]}${this.node === undefined ? '' : ` on ${this.node}`}`;
    const { timeoutSeconds = TIMEOUT_SECONDS } = this.target;
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(new Unclear(`${what}: ${inWords(error, this.target)}`));
      const outgoing = request(
        { ...this.connection(), method, path, headers, timeout: timeoutSeconds * 1000 },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', fail);
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            const answer = new Answer(what, incoming.statusCode ?? 0, incoming.headers, text);
            this.remember(answer.setCookies);
            resolve(answer);
          });
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutSeconds} s`)));
      outgoing.on('error', fail);
      outgoing.end(body);
    });
  }

  /** Closes connections of its own. */
  close(): void {
    if (this.options.agent === undefined) this.agent.destroy();
  }

  private connection(): RequestOptions {
    const { address, port, origin, authorities } = this.target;
    const { certificate, signal } = this.options;
    return {
      host: address,
      port,
      servername: new URL(origin).hostname,
      ...(authorities !== undefined && { ca: authorities }),
      ...(certificate && { cert: certificate.certificate, key: certificate.key }),
      ...(signal && { signal }),
      agent: this.agent,
    };
  }

  private authorization({ basic = this.options.basic, bearer }: Sending): Record<string, string> {
    if (bearer !== undefined) return { authorization: `Bearer ${bearer}` };
    if (basic === undefined) return {};
    return { authorization: `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}` };
  }

  private pathOf(place: string): string {
    if (place.startsWith('/')) return place;
    const { origin } = this.target;
    if (place.startsWith(`${origin}/`)) return place.slice(origin.length);
    throw new Broken(`a redirect goes to ${place.split('?')[0]}, which is not at ${origin}`);
  }

  private remember(cookies: readonly string[]): void {
    for (const cookie of cookies) {
      const [name = '', value = ''] = (cookie.split(';')[0] as string).split(/=(.*)/s);
      if (name === ROUTE_COOKIE && this.node !== undefined) continue;
      if (/;\s*max-age=0/i.test(cookie) || value === '') this.jar.delete(name);
      else this.jar.set(name, value);
    }
  }
}

/** Why there was no answer, and what to do about it. */
function inWords(error: NodeJS.ErrnoException, { address, port, origin }: Target): string {
  const { code = '' } = error;
  const name = new URL(origin).hostname;
  if (code === 'ECONNREFUSED') return `${address}:${port} refuses the connection`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the name ${address} is not known here`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `the certificate is not for ${name}`;
  if (/UNRECOGNIZED_NAME/.test(code)) return `nobody at ${address}:${port} serves the name ${name}`;
  if (/CERT|SELF_SIGNED|ISSUER|VERIFY/.test(code)) {
    return `the certificate is not trusted (${code}): say with CA=<file> who has issued it`;
  }
  return error.message;
}
