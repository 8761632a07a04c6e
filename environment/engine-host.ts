import { isIpv4 } from './addresses';

/** An engine's address over TCP: a host name, an IPv4 address or an IPv6 address in brackets, and its port. */
const TCP = /^tcp:\/\/(?<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?<port>\d{1,5}))?$/;

/** Port on which engines listen without TLS, and the docker client's default. */
const PORT_WITHOUT_TLS = '2375';

/** The forms that the docker client and Terraform's provider understand alike. */
export const ENGINE_HOST = /^(?:(?:unix|ssh):\/\/\S+|tcp:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?)$/;

/** Whether an engine is reached over a network that others share, so that only TLS tells it from others and them from us. */
export function needsTls(host: string): boolean {
  const name = TCP.exec(host)?.groups?.host;
  if (name === undefined) return host.startsWith('tcp://');
  return !(name === 'localhost' || name === '[::1]' || (isIpv4(name) && name.startsWith('127.')));
}

/** Whether the address says itself that the engine has no TLS. */
export function namesPortWithoutTls(host: string): boolean {
  return needsTls(host) && (TCP.exec(host)?.groups?.port ?? PORT_WITHOUT_TLS) === PORT_WITHOUT_TLS;
}
