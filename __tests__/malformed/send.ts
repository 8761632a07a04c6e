import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ClientProps } from '../support/client';
import type { Attempt } from './generator';

/** How long an answer may be silent before it counts as whole, and how long the server may wait for more before it gives one. */
const QUIET_MS = 60;
const SILENT_MS = 250;
const PART_MS = 10;
/** A connection that the server keeps feeding ends here. */
const LONGEST_MS = 3000;
/** A busy machine takes its time for a handshake. */
const CONNECT_MS = 20_000;

/** Sends what an attempt says and forgets the connection. @returns what came of it: a status, "bytes", "closed" or "silent" */
export function send({ over, parts, rude }: Attempt, { address, hostname, ca }: ClientProps): Promise<string> {
  return new Promise((resolve) => {
    let answer: string | undefined;
    const open = () => {
      longest = setTimeout(() => end('endless'), LONGEST_MS);
      void write();
    };
    const socket: Socket =
      over === 'http' || over === 'raw'
        ? connectTcp({ host: address, port: over === 'http' ? 80 : 443 }, open)
        : connectTls(
            { host: address, port: 443, servername: hostname, ca, ALPNProtocols: [over === 'h2' ? 'h2' : 'http/1.1'] },
            open,
          );
    const end = (outcome: string) => {
      clearTimeout(timer);
      clearTimeout(longest);
      socket.destroy();
      resolve(answer ?? outcome);
    };
    let timer = setTimeout(() => end('no connection'), CONNECT_MS);
    let longest: NodeJS.Timeout | undefined;
    const wait = (milliseconds: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => end('silent'), milliseconds);
    };
    const write = async () => {
      for (const part of parts) {
        if (socket.destroyed) return;
        socket.write(part);
        wait(SILENT_MS);
        await new Promise((done) => setTimeout(done, parts.length > 1 ? PART_MS : 0));
      }
      if (rude) end('gone');
    };
    socket.on('data', (data: Buffer) => {
      answer ??= /^HTTP\/1\.[01] (\d{3})/.exec(data.toString('latin1', 0, 20))?.[1] ?? 'bytes';
      wait(QUIET_MS);
    });
    socket.on('error', () => end('closed'));
    socket.on('close', () => end('closed'));
  });
}
