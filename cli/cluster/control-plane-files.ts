import { ADDRESSES, API_PORT, CLUSTER_DOMAIN, files, MARK, NETWORKS } from './layout';

/** The storage class's provisioner. */
export const PROVISIONER = `${MARK}/shared`;

const ETCD = 'https://127.0.0.1:2379';

/** The components of the control plane, in the order in which they start, with their arguments. */
export const CONTROL_PLANE = {
  etcd: () => ({
    '--name': 'etcd',
    '--data-dir': files.controlPlane('etcd'),
    '--listen-client-urls': ETCD,
    '--advertise-client-urls': ETCD,
    '--listen-peer-urls': 'http://127.0.0.1:2380',
    '--cert-file': files.certificate('etcd'),
    '--key-file': files.key('etcd'),
    '--client-cert-auth': 'true',
    '--trusted-ca-file': files.certificate('ca'),
    // Only a loss of power of this machine itself could cost data, and other work on its disk does not delay the cluster.
    '--unsafe-no-fsync': 'true',
  }),
  'kube-apiserver': () => ({
    '--advertise-address': ADDRESSES.controlPlane,
    '--secure-port': `${API_PORT}`,
    '--etcd-servers': ETCD,
    '--etcd-cafile': files.certificate('ca'),
    '--etcd-certfile': files.certificate('etcd-client'),
    '--etcd-keyfile': files.key('etcd-client'),
    '--client-ca-file': files.certificate('ca'),
    '--tls-cert-file': files.certificate('kube-apiserver'),
    '--tls-private-key-file': files.key('kube-apiserver'),
    '--kubelet-certificate-authority': files.certificate('ca'),
    '--kubelet-client-certificate': files.certificate('kubelet-client'),
    '--kubelet-client-key': files.key('kubelet-client'),
    '--kubelet-preferred-address-types': 'InternalIP',
    '--service-account-issuer': `https://kubernetes.default.svc.${CLUSTER_DOMAIN}`,
    '--service-account-key-file': files.key('service-accounts'),
    '--service-account-signing-key-file': files.key('service-accounts'),
    '--service-cluster-ip-range': NETWORKS.services,
    '--authorization-mode': 'Node,RBAC',
    '--enable-admission-plugins': 'NodeRestriction',
    '--encryption-provider-config': files.controlPlane('encryption.json'),
  }),
  'kube-controller-manager': () => ({
    '--kubeconfig': files.kubeconfig('kube-controller-manager'),
    '--service-account-private-key-file': files.key('service-accounts'),
    '--root-ca-file': files.certificate('ca'),
    '--use-service-account-credentials': 'true',
    // There is one: after it was killed nobody has to wait for its lease to end.
    '--leader-elect': 'false',
  }),
  'kube-scheduler': () => ({
    '--kubeconfig': files.kubeconfig('kube-scheduler'),
    '--leader-elect': 'false',
  }),
  provisioner: () => ({
    '--kubeconfig': files.kubeconfig('admin'),
    '--name': PROVISIONER,
    '--root': files.volumes(),
  }),
} as const satisfies Record<string, () => Readonly<Record<string, string>>>;

export type ControlPlaneComponent = keyof typeof CONTROL_PLANE;

export function argumentsOf(component: ControlPlaneComponent): string[] {
  return Object.entries(CONTROL_PLANE[component]()).map(([name, value]) => `${name}=${value}`);
}

/** Secrets are stored encrypted. @param key 32 bytes, base64 */
export function encryptionConfiguration(key: string): object {
  return {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers: [{ secretbox: { keys: [{ name: 'key', secret: key }] } }] }],
  };
}

/** A kubeconfig of one user. @param pem contents of the files */
export function kubeconfig(
  server: string,
  user: string,
  pem: { readonly authority: string; readonly certificate: string; readonly key: string },
): object {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: MARK, cluster: { server, 'certificate-authority-data': base64(pem.authority) } }],
    users: [
      {
        name: user,
        user: { 'client-certificate-data': base64(pem.certificate), 'client-key-data': base64(pem.key) },
      },
    ],
    contexts: [{ name: MARK, context: { cluster: MARK, user } }],
    'current-context': MARK,
  };
}

/** Whom a certificate is for. */
export interface Subject {
  readonly commonName: string;
  /** Kubernetes takes it for the group. */
  readonly organization?: string;
  /** Names and addresses of a server, as openssl writes them. @default - a client's alone */
  readonly names?: readonly string[];
}

/** All certificates, by the names of their files. @param machines with their addresses */
export function certificateSubjects(
  machines: readonly { readonly name: string; readonly address: string }[],
): Readonly<Record<string, Subject>> {
  const service = 'kubernetes.default.svc';
  const apiNames = ['kubernetes', 'kubernetes.default', service, `${service}.${CLUSTER_DOMAIN}`];
  const apiAddresses = [ADDRESSES.controlPlane, ADDRESSES.apiService, '127.0.0.1'];
  const kubelets = machines.map(({ name, address }): [string, Subject] => [
    `kubelet-${name}`,
    { commonName: `system:node:${name}`, organization: 'system:nodes', names: [`DNS:${name}`, `IP:${address}`] },
  ]);
  return {
    admin: { commonName: 'admin', organization: 'system:masters' },
    etcd: { commonName: 'etcd', names: ['IP:127.0.0.1'] },
    'etcd-client': { commonName: 'kube-apiserver' },
    'kube-apiserver': {
      commonName: 'kube-apiserver',
      names: [...apiNames.map((name) => `DNS:${name}`), ...apiAddresses.map((address) => `IP:${address}`)],
    },
    'kubelet-client': { commonName: 'kube-apiserver', organization: 'system:masters' },
    'kube-controller-manager': { commonName: 'system:kube-controller-manager' },
    'kube-scheduler': { commonName: 'system:kube-scheduler' },
    'kube-proxy': { commonName: 'system:kube-proxy' },
    ...Object.fromEntries(kubelets),
  };
}
