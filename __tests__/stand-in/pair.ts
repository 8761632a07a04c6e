import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Operator } from '../../acceptance/operator';
import { selfSigned } from '../../acceptance/self-signed';
import type { Target } from '../../acceptance/target';
import { type Defects, defects } from './defects';
import { buildNode, newSigningKey, type SigningKey } from './node';
import { MemoryStore } from './store';

export const HOSTNAME = 'is.stand-in.test';
const NAMES = ['node-1', 'node-2'] as const;
/** How long a node that stops or starts wrongly answers wrongly. */
const BROKEN_MS = 1_500;
const DENIED = ['/api/health-check', '/services'];
export const ADMINISTRATOR = { username: 'admin', password: 'stand-in-Password-1' };

/** Two stand-ins in this process, with one store, behind what routes by cookie as our load balancer does. */
export interface StandInPair {
  readonly target: Target;
  /** The nodes by their names; one that is taken out is not served. */
  readonly nodes: Map<string, FastifyInstance>;
  readonly store: MemoryStore;
  readonly operator: Operator;
  close(): Promise<void>;
}

// The same for all pairs of a test, as making them is slow.
let signingKey: Promise<SigningKey> | undefined;
const tls = selfSigned(HOSTNAME);

export interface PairOptions {
  /** Whether the port is part of the public URL, as where the load balancer is not published at 443. @default false */
  readonly publicPort?: boolean;
}

/** @param names of the defects that both nodes have */
export async function standInPair(names: readonly string[] = [], options: PairOptions = {}): Promise<StandInPair> {
  const has = defects(...names);
  const server = createServer({ cert: tls.certificate, key: tls.key, requestCert: true, rejectUnauthorized: false });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const origin = `https://${HOSTNAME}${options.publicPort ? `:${port}` : ''}`;
  const store = new MemoryStore();
  const nodes = new Map<string, FastifyInstance>();
  const encryptionKey = randomBytes(32);
  const build = async (name: string) => {
    const props = { name, number: Number(name.slice(-1)), origin, store, defects: has, encryptionKey };
    return buildNode({ ...props, administrator: ADMINISTRATOR, signingKey: await newSigningKeyOnce() });
  };
  for (const name of NAMES) nodes.set(name, await build(name));
  server.on('request', (request, response) => balance(nodes, has, origin, request, response));
  const target: Target = {
    environment: 'stand-in',
    origin,
    address: '127.0.0.1',
    port,
    authorities: tls.certificate,
    nodes: NAMES,
    affinity: true,
    administrator: ADMINISTRATOR,
    deniedPaths: DENIED,
    healthPath: '/api/health-check/v1.0/health',
    consolePath: '/console/',
    maybeCarbon: false,
    clientCertificates: true,
    accelerator: true,
  };
  const close = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    for (const node of nodes.values()) await node.close();
  };
  return { target, nodes, store, operator: operatorOf(nodes, has, build), close };
}

function newSigningKeyOnce(): Promise<SigningKey> {
  signingKey ??= newSigningKey();
  return signingKey;
}

/** Takes nodes out of the balancer's sight; one that starts anew has empty caches. */
function operatorOf(
  nodes: Map<string, FastifyInstance>,
  has: Defects,
  build: (name: string) => Promise<FastifyInstance>,
): Operator {
  const frozen = new Map<string, FastifyInstance>();
  const answering = async (status: number) => {
    const app = Fastify();
    app.all('/*', (_, reply) => reply.status(status).send());
    await app.ready();
    return app;
  };
  return {
    stop: async (name) => {
      if (has.has('drop-on-stop')) {
        nodes.set(name, await answering(502));
        await setTimeout(BROKEN_MS);
      }
      nodes.delete(name);
    },
    kill: async (name) => void nodes.delete(name),
    freeze: async (name) => {
      frozen.set(name, nodes.get(name) as FastifyInstance);
      nodes.delete(name);
    },
    start: async (name) => {
      if (has.has('early-ready')) {
        nodes.set(name, await answering(404));
        await setTimeout(BROKEN_MS);
      }
      nodes.set(name, frozen.get(name) ?? (await build(name)));
      frozen.delete(name);
    },
  };
}

/** What nginx.conf and routing.js do, as far as a client sees it. */
async function balance(
  nodes: ReadonlyMap<string, FastifyInstance>,
  has: Defects,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url = '/', headers } = request;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const end = (status: number) => response.writeHead(status, { 'content-type': 'text/html' }).end('<html></html>');
  const socket = request.socket as TLSSocket;
  const showsCertificate = Object.keys(socket.getPeerCertificate() ?? {}).length > 0;
  if (showsCertificate && !socket.authorized && !has.has('any-certificate')) return void end(400);
  if (headers.host !== new URL(origin).host && !has.has('serves-any-name')) return void end(421);
  const path = new URL(url, origin).pathname;
  if (/\/[^/]*;[^/]*\//.test(path)) return void end(400);
  if (isDenied(path, has)) return void end(403);

  const shown = /(?:^|; )ISROUTE=([^;]*)/.exec(headers.cookie ?? '')?.[1];
  const names = [...nodes.keys()];
  const known = shown !== undefined && nodes.has(shown);
  if (shown !== undefined && !known && has.has('no-reroute')) return void end(502);
  const random = names[randomBytes(1).readUInt8() % names.length] as string;
  const chosen = known && !has.has('no-affinity') ? shown : random;
  const node = nodes.get(has.has('one-node') ? 'node-1' : chosen) as FastifyInstance;
  const forwarded = has.has('trusts-forwarded') ? {} : { 'x-forwarded-host': new URL(origin).host };
  const answer = await node.inject({
    method: method as 'GET',
    url,
    headers: { ...headers, ...forwarded },
    ...(chunks.length > 0 && { payload: Buffer.concat(chunks) }),
  });
  const route = shown === chosen ? [] : [`ISROUTE=${chosen}; Path=/; Secure; HttpOnly; SameSite=None`];
  const cookies = [answer.headers['set-cookie'] ?? []].flat();
  response.writeHead(answer.statusCode, { ...(answer.headers as object), 'set-cookie': [...cookies, ...route] });
  response.end(answer.rawPayload);
}

function isDenied(path: string, has: Defects): boolean {
  const open = has.has('health-open') ? '/api/health-check' : undefined;
  const plain = has.has('denied-by-spelling') ? path : path.toLowerCase().replace(/^\/[to]\/[^/]+/, '');
  return DENIED.some((prefix) => prefix !== open && `${plain}/`.startsWith(`${prefix}/`));
}
