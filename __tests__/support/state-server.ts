import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Remote state for tests: what Terraform's http backend expects, with locks, on 127.0.0.1 and in memory. */
export class StateServer {
  private readonly states = new Map<string, string>();
  private readonly locks = new Map<string, string>();
  private readonly server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      const [status, text] = this.answer(request.method ?? 'GET', path, body);
      response.writeHead(status).end(text);
    });
  });

  /** @returns the address to configure */
  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** Every state that is there, as text. */
  get contents(): readonly string[] {
    return [...this.states.values()];
  }

  /** Forgets every state, as a bucket that somebody has emptied. */
  lose(): void {
    this.states.clear();
  }

  /** Locks the state of a stack for somebody else, who works on it elsewhere. @param id of the lock */
  hold(stack: string, id: string): void {
    this.locks.set(`/${stack}`, JSON.stringify({ ID: id, Operation: 'OperationTypeApply' }));
  }

  release(stack: string): void {
    this.locks.delete(`/${stack}`);
  }

  private answer(method: string, path: string, body: string): [number, string] {
    const lock = this.locks.get(path);
    const state = this.states.get(path);
    switch (method) {
      case 'LOCK':
        if (lock !== undefined) return [423, lock];
        this.locks.set(path, body);
        return [200, ''];
      case 'UNLOCK':
        this.locks.delete(path);
        return [200, ''];
      case 'POST':
        this.states.set(path, body);
        return [200, ''];
      case 'DELETE':
        this.states.delete(path);
        return [200, ''];
      default:
        return state === undefined ? [404, ''] : [200, state];
    }
  }
}
