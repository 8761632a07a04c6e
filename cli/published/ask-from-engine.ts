import type { EnvironmentEngine } from '../environment-engine';
import { ANSWER_SECONDS, type ClientAnswers, type Endpoint, type Failure, NODE_PATH } from './answers';

/**
 * The same requests with curl, which the load balancer's health check needs anyway. The certificate is judged afterwards, as in
 * ask-here.ts. Arguments: address, name, HTTPS port, HTTP port.
 */
export const ASK = `
ask() { curl --silent --show-error --output /dev/null --max-time ${ANSWER_SECONDS} --noproxy '*' "$@" 2>&1; echo "exit $?"; }
ask --insecure --resolve "$2:$3:$1" --write-out '%{http_code} %{redirect_url}\\n%{certs}\\n' "https://$2:$3${NODE_PATH}"
echo ====
ask --resolve "$2:$4:$1" --write-out '%{http_code} %{redirect_url}\\n' "http://$2:$4${NODE_PATH}"
`;

/** Asks a published address from the engine's host: in its network, in a container that is gone afterwards. */
export async function askFromEngine(
  engine: EnvironmentEngine,
  image: string,
  address: string,
  { hostname, httpsPort, httpPort }: Endpoint,
): Promise<ClientAnswers> {
  const printed = await engine.runOnHost(image, ASK, [address, hostname, String(httpsPort), String(httpPort)]);
  return answersIn(printed, address);
}

/** What the script has printed, as facts. */
export function answersIn(printed: string, address: string): ClientAnswers {
  const [https = '', http = ''] = printed.split('====\n');
  return { address, https: { ...answerIn(https), certificates: https }, http: answerIn(http) };
}

function answerIn(printed: string) {
  const exit = Number(/^exit (\d+)$/m.exec(printed)?.[1] ?? Number.NaN);
  const [, status, location] = /^([1-9]\d\d) (\S*)$/m.exec(printed) ?? [];
  if (exit !== 0 || status === undefined) return { failure: failureOf(exit, printed) };
  return { status: Number(status), ...(location && { location }) };
}

function failureOf(exit: number, printed: string): Failure {
  return {
    kind: KINDS[exit] ?? 'broken',
    detail:
      /SSL routines:[^:]*:([^:\n]+)/.exec(printed)?.[1] ??
      /^curl: .*$/m.exec(printed)?.[0] ??
      `curl ended with ${exit}`,
  };
}

/** curl's exit codes. It has one for everything that keeps a connection from coming about. */
const KINDS: Readonly<Record<number, Failure['kind']>> = { 6: 'unreachable', 7: 'refused', 28: 'silent', 35: 'tls' };
