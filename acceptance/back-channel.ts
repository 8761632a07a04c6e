import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { Unclear } from './outcome';

/** More than any logout token has. */
const LONGEST_BODY = 20_000;

/** Where nodes report log-outs. Plain HTTP, as they trust no certificate of ours; what is reported is signed and is about a user of the suite. */
export class BackChannel {
  /** Logout tokens, in the order of their arrival. */
  readonly tokens: string[] = [];

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  /** @param place `<address>:<port>`. @throws Unclear where nobody can listen there */
  static async open(place: string): Promise<BackChannel> {
    const [, address = '', port = ''] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(place) ?? [];
    const path = `/${randomBytes(16).toString('hex')}`;
    const server = createServer();
    const channel = new BackChannel(`http://${place}${path}`, server);
    server.on('request', async (request, response) => {
      const { method, url } = request;
      if (method !== 'POST' || url !== path) return response.writeHead(404).end();
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) if (body.length < LONGEST_BODY) body += chunk;
      channel.tokens.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.writeHead(200, { 'cache-control': 'no-store' }).end();
    });
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      if (address === '') throw new Unclear(`BACK_CHANNEL=${place} is not <address>:<port>`);
      server.listen(Number(port), address, done);
    }).catch((error: Error) => {
      if (error instanceof Unclear) throw error;
      throw new Unclear(`BACK_CHANNEL=${place}: nobody can listen there (${error.message})`);
    });
    return channel;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
