import { Agent, type RequestOptions, request } from 'node:https';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Milliseconds from the first byte sent to the last received. */
  readonly milliseconds: number;
}

export interface ClientProps {
  /** Address to connect to. */
  readonly address: string;
  readonly port?: number;
  /** Host name for SNI, the Host header and the check of the certificate. */
  readonly hostname: string;
  /** CA certificate, PEM. */
  readonly ca: string;
  /** Client certificate with its chain and its key, PEM. @default - none is shown when the server asks */
  readonly certificate?: { readonly certificate: string; readonly key: string };
  /** Whether cookies that the server sets are sent back, as a browser does. */
  readonly cookies?: boolean;
  /** Whether connections are kept open between requests. */
  readonly keepAlive?: boolean;
  /** Milliseconds of silence after which a request fails. @default 90000 */
  readonly timeout?: number;
}

/** An HTTPS client without retries: what fails, fails visibly. */
export class Client {
  private readonly jar = new Map<string, string>();
  private readonly agent: Agent;

  constructor(private readonly props: ClientProps) {
    this.agent = new Agent({ keepAlive: props.keepAlive ?? true, maxSockets: 1 });
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return this.send({ method: 'GET', path, headers });
  }

  post(path: string, body = '', headers: Record<string, string> = {}): Promise<Reply> {
    return this.send(
      { method: 'POST', path, headers: { 'content-length': Buffer.byteLength(body), ...headers } },
      body,
    );
  }

  cookie(name: string): string | undefined {
    return this.jar.get(name);
  }

  close(): void {
    this.agent.destroy();
  }

  private send(options: RequestOptions, body?: string): Promise<Reply> {
    const { address, port = 443, hostname, ca, certificate, cookies = false, timeout = 90_000 } = this.props;
    const cookieHeader = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          ...options,
          host: address,
          port,
          servername: hostname,
          ca,
          ...(certificate && { cert: certificate.certificate, key: certificate.key }),
          agent: this.agent,
          timeout,
          headers: { host: hostname, ...(cookieHeader !== '' && { cookie: cookieHeader }), ...options.headers },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            if (cookies) this.remember(incoming.headers['set-cookie'] ?? []);
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              body: Buffer.concat(chunks).toString('utf8'),
              milliseconds: performance.now() - started,
            });
          });
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeout / 1000} s`)));
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  private remember(setCookies: readonly string[]): void {
    for (const cookie of setCookies) {
      const [name, value] = (cookie.split(';')[0] as string).split('=', 2) as [string, string];
      this.jar.set(name, value);
    }
  }
}
