import { createHash } from 'node:crypto';
import { kubectl } from '../../cli/cluster/kubectl';
import { sandboxImageTags } from '../../images/tags';
import { opensConnection } from './opens-connection';
import { docker, type Workspace } from './workspace';

/** Debian's Nginx here has no module for TCP. HAProxy is what one of the ingress controllers of docs/kubernetes.md is made of. */
const DOCKERFILE = `FROM ${sandboxImageTags().nginx}
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends haproxy \\
  && apt-get clean && rm -rf /var/lib/apt/lists/*
`;
const PORT = 8443;
const NAME = 'ingress';
/** Where it ends TLS itself, with a certificate of its own, as controllers do for names of which they have not been told otherwise. */
const ENDS_TLS = `
frontend own
  mode http
  bind 127.0.0.1:8444 ssl crt /tmp/own.pem
  http-request return status 404
`;
const MAKE_CERTIFICATE =
  'openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=ingress.invalid -days 1 -keyout /tmp/own.pem.key -out /tmp/own.pem';

export interface IngressWay {
  /** Name for which TLS is passed through; for all others it is ended here. */
  readonly hostname: string;
  /** Service that gets what is passed through, as `<name>.<namespace>`, and its port. */
  readonly service: string;
  readonly port: number;
  /** Whether it tells the client's address by the PROXY protocol. @default false */
  readonly proxyProtocol?: boolean;
}

export interface IngressProps {
  /** Namespace, which it makes and removes. */
  readonly namespace: string;
  /** Address that nobody else has; led to any machine, it is this ingress at port 443. */
  readonly address: string;
}

/** Something that stands before Services of other namespaces and passes TLS through by its name: two pods, on two machines. */
export class Ingress {
  constructor(readonly props: IngressProps) {}

  readonly kubectl = (...args: string[]): Promise<string> => kubectl(['--namespace', this.props.namespace, ...args]);

  /** Builds its image, unless it is there. @returns the image's name */
  async image(workspace: Workspace): Promise<string> {
    const image = `wso2-is-active-active/ingress:${createHash('sha256').update(DOCKERFILE).digest('hex').slice(0, 12)}`;
    if ((await docker('image', 'ls', '--quiet', image)) === '') await workspace.buildImage(image, DOCKERFILE);
    return image;
  }

  async open(image: string, way: IngressWay): Promise<void> {
    const { namespace } = this.props;
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found']);
    await kubectl(['create', 'namespace', namespace]);
    await this.lead(image, way);
  }

  /** Has it lead that way and no other. */
  async lead(image: string, way: IngressWay): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: [this.service(), deployment(image, configuration(way))] };
    await kubectl(['--namespace', this.props.namespace, 'apply', '--filename', '-'], JSON.stringify(list));
    await this.kubectl('rollout', 'status', `deployment/${NAME}`, '--timeout=120s');
  }

  /** Addresses of its pods. */
  async addresses(): Promise<string[]> {
    const text = await this.kubectl('get', 'pods', '--output', 'jsonpath={.items[*].status.podIP}');
    return text.trim().split(' ').sort();
  }

  /** Whether one of its pods opens a connection. */
  connects(address: string, port: number): Promise<boolean> {
    return opensConnection(this.kubectl, `deployment/${NAME}`, address, port);
  }

  async close(): Promise<void> {
    await kubectl(['delete', 'namespace', this.props.namespace, '--ignore-not-found', '--wait=false']);
  }

  private service() {
    return {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: NAME },
      spec: {
        selector: { app: NAME },
        externalIPs: [this.props.address],
        ports: [{ port: 443, targetPort: PORT }],
      },
    };
  }
}

function configuration({ hostname, service, port, proxyProtocol = false }: IngressWay): string {
  return `
global
  maxconn 2000
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
resolvers cluster
  parse-resolv-conf
frontend clients
  bind :${PORT}
  tcp-request inspect-delay 5s
  tcp-request content accept if { req.ssl_hello_type 1 }
  use_backend passed if { req.ssl_sni -i ${hostname} }
  default_backend ended
backend passed
  server service ${service}.svc.cluster.local:${port} resolvers cluster resolve-prefer ipv4 init-addr none${proxyProtocol ? ' send-proxy' : ''}
backend ended
  server own 127.0.0.1:8444
${ENDS_TLS}`;
}

function deployment(image: string, haproxy: string) {
  const labels = { app: NAME };
  const start = `${MAKE_CERTIFICATE} 2>/dev/null && printenv HAPROXY >/tmp/haproxy.cfg && exec haproxy -db -f /tmp/haproxy.cfg`;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME },
    spec: {
      replicas: 2,
      // What is left of another way would answer as well.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          topologySpreadConstraints: [
            {
              ...{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' },
              labelSelector: { matchLabels: labels },
            },
          ],
          containers: [
            {
              ...{ name: NAME, image, imagePullPolicy: 'IfNotPresent' },
              command: ['sh', '-c', start],
              env: [{ name: 'HAPROXY', value: haproxy }],
              ports: [{ containerPort: PORT }],
              readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  };
}
