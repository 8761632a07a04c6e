import { PROVISIONER } from './control-plane-files';
import { ADDRESSES, CLUSTER_DOMAIN, MARK } from './layout';
import { POLICY_QUEUE } from './machine-files';

export const COREDNS_IMAGE = `docker.io/${MARK}/coredns:1`;
export const NETWORK_POLICIES_IMAGE = `docker.io/${MARK}/network-policies:1`;
/** The storage class of `make cluster`. */
export const STORAGE_CLASS = 'shared';
const NAMESPACE = 'kube-system';
const RBAC = 'rbac.authorization.k8s.io';
const READ = ['list', 'watch'];
export const COREDNS = { namespace: NAMESPACE, name: 'coredns', replicas: 2 } as const;

const labels = { 'k8s-app': 'kube-dns' };
const metadata = { name: COREDNS.name, namespace: COREDNS.namespace };

// It knows the cluster's names alone, so a name of elsewhere is refused at once and no test waits for a server that is not there.
const corefile = `.:1053 {
  errors
  health :8080 {
    lameduck 5s
  }
  ready :8181
  kubernetes ${CLUSTER_DOMAIN} in-addr.arpa ip6.arpa {
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
    ttl 5
  }
  cache 5
  loadbalance
}
`;

const container = {
  name: 'coredns',
  image: COREDNS_IMAGE,
  imagePullPolicy: 'IfNotPresent',
  args: ['-conf', '/etc/coredns/Corefile'],
  ports: [
    { name: 'dns', containerPort: 1053, protocol: 'UDP' },
    { name: 'dns-tcp', containerPort: 1053, protocol: 'TCP' },
  ],
  resources: { requests: { cpu: '20m', memory: '32Mi' }, limits: { memory: '128Mi' } },
  livenessProbe: { httpGet: { path: '/health', port: 8080 }, failureThreshold: 5, timeoutSeconds: 5 },
  readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 2, timeoutSeconds: 5 },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
  volumeMounts: [{ name: 'configuration', mountPath: '/etc/coredns', readOnly: true }],
};

const pod = {
  serviceAccountName: COREDNS.name,
  priorityClassName: 'system-cluster-critical',
  dnsPolicy: 'Default',
  // A lost machine's copy starts on another one soon.
  tolerations: ['not-ready', 'unreachable'].map((reason) => ({
    key: `node.kubernetes.io/${reason}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 10,
  })),
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: labels },
    },
  ],
  securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [container],
  volumes: [{ name: 'configuration', configMap: { name: COREDNS.name } }],
};

/** Names of services. */
const dns: readonly object[] = [
  ...account(COREDNS.name, [
    { apiGroups: [''], resources: ['services', 'pods', 'namespaces'], verbs: READ },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
  ]),
  { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile: corefile } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...metadata, labels },
    spec: {
      replicas: COREDNS.replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: pod },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: COREDNS.namespace, labels },
    spec: {
      clusterIP: ADDRESSES.dnsService,
      selector: labels,
      ports: ['UDP', 'TCP'].map((protocol) => ({
        name: protocol === 'UDP' ? 'dns' : 'dns-tcp',
        port: 53,
        targetPort: 1053,
        protocol,
      })),
    },
  },
];

const policyLabels = { app: 'kube-network-policies' };
const policyMetadata = { name: 'kube-network-policies', namespace: NAMESPACE };

/** Lets a packet of a new connection pass only where NetworkPolicies allow it; on each machine, in its own network. */
const networkPolicies: readonly object[] = [
  ...account(policyMetadata.name, [
    { apiGroups: [''], resources: ['pods', 'namespaces', 'nodes'], verbs: READ },
    { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: READ },
  ]),
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: policyMetadata,
    spec: {
      selector: { matchLabels: policyLabels },
      template: {
        metadata: { labels: policyLabels },
        spec: {
          serviceAccountName: policyMetadata.name,
          priorityClassName: 'system-node-critical',
          hostNetwork: true,
          tolerations: [{ operator: 'Exists' }],
          containers: [
            {
              name: 'kube-network-policies',
              image: NETWORK_POLICIES_IMAGE,
              imagePullPolicy: 'IfNotPresent',
              // Where it does not run, connections pass, as they do past the rules that the agents of others leave.
              args: [
                '--hostname-override=$(MACHINE)',
                '--fail-open',
                `--nfqueue-id=${POLICY_QUEUE}`,
                '--metrics-bind-address=127.0.0.1:9080',
                // Names are asked for like everything else.
                '--netfilter-bug-1766-fix=false',
              ],
              env: [{ name: 'MACHINE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
              resources: { requests: { cpu: '20m', memory: '32Mi' } },
              securityContext: { capabilities: { add: ['NET_ADMIN'] }, readOnlyRootFilesystem: true },
            },
          ],
        },
      },
    },
  },
];

const storage = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: STORAGE_CLASS, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
};

/** What the cluster has from the beginning: names of services, NetworkPolicies that are enforced, a class for claims of any access mode. */
export const MANIFESTS: readonly object[] = [...dns, ...networkPolicies, storage];

/** An account for pods of the cluster itself, with what it may do. */
function account(name: string, rules: readonly object[]): object[] {
  const role = `${MARK}:${name}`;
  const subject = { name, namespace: NAMESPACE };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: subject },
    { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name: role }, rules },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: role },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', ...subject }],
    },
  ];
}
