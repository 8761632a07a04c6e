import type { KubernetesPlatform } from '../../topology/platform';
import type { Topology } from '../../topology/topology';
import { secretRows } from './secrets';

/** What a Role of the cluster allows. */
interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Everything that an environment is made of but its Secrets, by API group. */
const OBJECTS: Readonly<Record<string, readonly string[]>> = {
  '': ['configmaps', 'persistentvolumeclaims', 'serviceaccounts', 'services'],
  apps: ['deployments', 'statefulsets'],
  batch: ['jobs'],
  'networking.k8s.io': ['networkpolicies'],
  policy: ['poddisruptionbudgets'],
  'rbac.authorization.k8s.io': ['rolebindings', 'roles'],
};

/**
 * Three accounts for pipelines, each with its Role in the environment's namespace and nothing beyond it, named `<environment>-<for what>`: `review`
 * plans pull requests, `plan` also asks every night how the environment is, `apply` changes it. They are whoever's the namespace is, not the
 * environment's: `make down` leaves them.
 */
export function accountsOf(topology: Topology): object[] {
  const { namespace } = topology.platform as KubernetesPlatform;
  const review = readingRules(topology);
  const plan = [
    ...review,
    rule('', ['pods/exec'], ['create']),
    rule('', ['pods/log'], ['get']),
    rule('', ['events'], ['list']),
  ];
  return Object.entries({ review, plan, apply: [...plan, ...changingRules()] }).flatMap(([purpose, rules]) => {
    const metadata = { name: `${topology.environment}-${purpose}`, namespace };
    const rbac = 'rbac.authorization.k8s.io';
    return [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
      { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
      {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: rbac, kind: 'Role', name: metadata.name },
        subjects: [{ kind: 'ServiceAccount', ...metadata }],
      },
    ];
  });
}

/** Terraform's provider asks for whole objects: to plan a Secret is to be able to read it. By name, so that it is none but these. */
function readingRules(topology: Topology): Rule[] {
  const secrets = secretRows(topology).map(({ name }) => name);
  return [
    ...Object.entries(OBJECTS).map(([group, resources]) => rule(group, resources, ['get', 'list'])),
    { ...rule('', ['secrets'], ['get']), resourceNames: secrets },
    rule('', ['pods', 'limitranges', 'resourcequotas', 'namespaces'], ['get', 'list']),
    rule('apps', ['daemonsets'], ['list']),
    rule('coordination.k8s.io', ['leases'], ['get']),
  ];
}

/** A Secret cannot be made, and secrets not listed, by name alone. */
function changingRules(): Rule[] {
  const changes = ['create', 'patch', 'update', 'delete', 'watch'];
  return [
    ...Object.entries(OBJECTS).map(([group, resources]) => rule(group, resources, changes)),
    rule('', ['secrets'], ['get', 'list', ...changes]),
    // Pods that commands start for a moment, and what is left of an environment.
    rule('', ['pods'], ['create', 'delete', 'watch']),
    rule('apps', ['replicasets'], ['list', 'delete']),
    rule('apps', ['deployments/scale'], ['get', 'patch']),
    rule('coordination.k8s.io', ['leases'], ['create', 'patch', 'update', 'delete']),
  ];
}

function rule(group: string, resources: readonly string[], verbs: readonly string[]): Rule {
  return { apiGroups: [group], resources, verbs };
}
