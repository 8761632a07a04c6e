import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls';
import {
  ANSWER_SECONDS,
  type ClientAnswers,
  type Endpoint,
  type Failure,
  type HttpAnswer,
  type HttpsAnswer,
  NODE_PATH,
} from './answers';

/** Asks a published address from this machine, as a browser does: TLS with the public name, and the redirect of the HTTP port. */
export async function askHere(address: string, endpoint: Endpoint): Promise<ClientAnswers> {
  const [https, http] = await Promise.all([askHttps(address, endpoint), askHttp(address, endpoint)]);
  return { address, https, http };
}

async function askHttps(address: string, { hostname, httpsPort }: Endpoint): Promise<HttpsAnswer> {
  let certificates = '';
  const answer = await ask((options) => {
    // Whom to trust is judged afterwards: a certificate that is refused could not be shown.
    const authority = httpsPort === 443 ? hostname : `${hostname}:${httpsPort}`;
    const tls = { servername: hostname, rejectUnauthorized: false, port: httpsPort };
    return httpsRequest({ ...options, ...tls, host: address, headers: { host: authority } }).on('socket', (socket) => {
      socket.once('secureConnect', () => {
        if (socket instanceof TLSSocket) certificates = pemChain(socket.getPeerCertificate(true));
      });
    });
  });
  return { ...answer, certificates };
}

function askHttp(address: string, { hostname, httpPort }: Endpoint): Promise<HttpAnswer> {
  return ask((options) => httpRequest({ ...options, host: address, port: httpPort, headers: { host: hostname } }));
}

function ask(send: (options: RequestOptions) => ReturnType<typeof httpRequest>): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const seconds = ANSWER_SECONDS;
    const outgoing = send({ method: 'GET', path: NODE_PATH, agent: false });
    // From the beginning, where the time-out of a socket begins with the connection.
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${seconds} s`)), seconds * 1000);
    outgoing.on('response', (incoming) => {
      incoming.resume().on('error', () => undefined);
      resolve({ status: incoming.statusCode, location: incoming.headers.location });
      outgoing.destroy();
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve({ failure: failureOf(error) }));
    outgoing.on('close', () => clearTimeout(timer));
    outgoing.end();
  });
}

function failureOf({ code = '', message }: NodeJS.ErrnoException): Failure {
  // OpenSSL's own text is in the middle of its source files' names.
  const detail = /SSL routines:[^:]*:([^:\n]+)/.exec(message)?.[1] ?? (message || code);
  if (code === 'ECONNREFUSED') return { kind: 'refused', detail };
  if (['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(code)) {
    return { kind: 'unreachable', detail };
  }
  if (code === 'ETIMEDOUT' || message.startsWith('no answer')) return { kind: 'silent', detail };
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return { kind: 'tls', detail };
  return { kind: 'broken', detail };
}

/** The chain as the server sent it; a certificate that issued itself ends it. */
function pemChain(first: DetailedPeerCertificate): string {
  const chain = new Map<string, string>();
  for (let next = first; next?.raw && !chain.has(next.fingerprint256); next = next.issuerCertificate) {
    const lines = next.raw.toString('base64').replace(/.{1,64}/g, '$&\n');
    chain.set(next.fingerprint256, `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`);
  }
  return [...chain.values()].join('');
}
