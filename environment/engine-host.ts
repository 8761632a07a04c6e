import { isIpv4 } from './addresses';

/** An engine's address over TCP: a host name, an IPv4 address or an IPv6 address in brackets, and its port. */
const TCP = /^tcp:\/\/([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?$/;

/** The name of a host in ssh's own configuration may have an underscore. Behind it may be the path of the engine's socket there. */
const SSH =
  /^ssh:\/\/(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?(?:[A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:\/[A-Za-z0-9._+/-]*)?$/;

const SOCKET = /^unix:\/\/\/[A-Za-z0-9._+,:@=~/-]+$/;

/** Port on which engines listen without TLS, and the docker client's default. */
const PORT_WITHOUT_TLS = '2375';

/**
 * The forms that the docker client and Terraform's provider understand alike. User, host and path of ssh are arguments of a program, and
 * the path is a word for the shell of the other host: what either would take for more than a name is none.
 */
export const ENGINE_HOST = new RegExp([TCP, SSH, SOCKET].map(({ source }) => source).join('|'));

/** Whether an engine is reached over a network that others share, so that only TLS tells it from others and them from us. */
export function needsTls(host: string): boolean {
  const name = TCP.exec(host)?.[1];
  if (name === undefined) return host.startsWith('tcp://');
  return !(name === 'localhost' || name === '[::1]' || (isIpv4(name) && name.startsWith('127.')));
}

/** Whether the address says itself that the engine has no TLS. */
export function namesPortWithoutTls(host: string): boolean {
  return needsTls(host) && (TCP.exec(host)?.[2] ?? PORT_WITHOUT_TLS) === PORT_WITHOUT_TLS;
}
