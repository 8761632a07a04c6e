import { z } from '../zod';

/** Ports that a cluster gives to Services of kind NodePort unless it was set up otherwise. */
export const NODE_PORTS = { first: 30000, last: 32767 } as const;

const name = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
  error: 'must be up to 63 lower-case letters, digits and "-", beginning and ending with a letter or digit',
});

const storageClass = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, {
  error: 'must be the name of a storage class, as "kubectl get storageclass" lists them',
});

const toleration = z.strictObject({
  key: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9._/-]{0,251}[A-Za-z0-9])?$/, {
      error: 'must be the key of a taint, such as "bank.example/identity"',
    })
    .describe('Key of the taint.'),
  value: z.string().optional().describe('Its value. Default: whatever it is.'),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .optional()
    .describe('Its effect. Default: whatever it is.'),
});

export const platform = z.strictObject({
  kind: z
    .enum(['docker', 'kubernetes'])
    .default('docker')
    .describe(
      '"docker": containers on one Docker host. "kubernetes": pods on the machines of a cluster; all other keys of this table are for that.',
    ),
  context: z
    .string()
    .regex(/^[^\s-]\S*$/, { error: 'must be the name of a context, as "kubectl config get-contexts" lists them' })
    .optional()
    .describe(
      'Context of the kubeconfig file (KUBECONFIG, else ~/.kube/config): which cluster, and as whom. Required with "kubernetes".',
    ),
  namespace: name
    .optional()
    .describe(
      'Namespace, which must be there: its quota and its rules are not ours. Default: the name of the environment.',
    ),
  cluster_domain: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, { error: 'must be a domain such as "cluster.local"' })
    .default('cluster.local')
    .describe("Domain of the cluster's own names."),
  publish: z
    .enum(['load-balancer', 'node-port', 'cluster-ip'])
    .default('load-balancer')
    .describe(
      'How clients reach the load balancer: a Service of type LoadBalancer, which sees their addresses; the ports of every machine, load_balancer.http_port and https_port; or an address within the cluster, for an ingress that passes TLS through.',
    ),
  annotations: z
    .record(z.string(), z.string())
    .default({})
    .describe('Annotations of that Service, by which a cloud is told of what kind its load balancer is to be.'),
  storage_class: storageClass
    .optional()
    .describe(
      "Storage class of the database's claim (ReadWriteOnce), where the database is a container. Default: the cluster's own.",
    ),
  storage_gib: z.int().min(1).max(65536).default(10).describe('Size of that claim in GiB.'),
  shared_storage_class: storageClass
    .optional()
    .describe(
      'Storage class of a claim that all nodes write (ReadWriteMany), for secondary user stores and tenants that are made in a console. Default: each node has files of its own, which are lost with its pod.',
    ),
  tolerations: z
    .array(toleration)
    .max(16)
    .default([])
    .describe('Taints of machines on which all pods of the environment may run.'),
});
