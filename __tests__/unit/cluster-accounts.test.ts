import { accountsOf } from '../../cli/kubernetes/accounts';
import { needsOf } from '../../cli/kubernetes/needs';
import { manifestsOf } from '../../constructs/kubernetes/manifests';
import type { Topology } from '../../topology/topology';
import { type Json, SMALLEST, shipped, topology } from '../support/synth';

const ENVIRONMENTS: [string, Topology][] = [
  ...shipped('kubernetes').map((each): [string, Topology] => [each.environment, each]),
  ['bank', topology(`[platform]\nkind = "kubernetes"\ncontext = "bank"\nnamespace = "identity"\n${SMALLEST}`, 'bank')],
];
const CHANGES = ['create', 'patch', 'update', 'delete'];

describe.each(ENVIRONMENTS)('the accounts of %s', (environment, of) => {
  const objects = accountsOf(of) as Json[];
  const rulesOf = (account: string): Json[] =>
    objects.find(({ kind, metadata }) => kind === 'Role' && metadata.name === `${environment}-${account}`).rules;
  /** @param resource as rights name it, such as deployments.apps */
  const may = (account: string, verb: string, resource: string, name?: string) => {
    const [plural = '', ...group] = resource.split('.');
    return rulesOf(account).some(
      ({ apiGroups, resources, resourceNames, verbs }) =>
        apiGroups.includes(group.join('.')) &&
        resources.includes(plural) &&
        verbs.includes(verb) &&
        (resourceNames === undefined || resourceNames.includes(name)),
    );
  };
  const { objects: needed } = needsOf(manifestsOf(of));

  test('are bound to their Roles in the namespace, and are none of what make down finds', () => {
    const { namespace } = of.platform as { namespace: string };
    for (const { kind, metadata, roleRef, subjects } of objects) {
      expect(metadata.namespace).toBe(namespace);
      expect(metadata.labels).toBeUndefined();
      if (kind !== 'RoleBinding') continue;
      expect([roleRef.kind, roleRef.name]).toEqual(['Role', metadata.name]);
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: metadata.name, namespace }]);
    }
    expect(objects.filter(({ kind }) => kind === 'RoleBinding')).toHaveLength(3);
  });

  test('plan all that the environment is made of, and those that plan can change nothing of it', () => {
    expect(needed.length).toBeGreaterThan(20);
    for (const account of ['review', 'plan']) {
      expect(needed.filter(({ resource, name }) => !may(account, 'get', resource, name))).toEqual([]);
      const changing = rulesOf(account).filter(({ verbs }) =>
        verbs.some((verb: string) => !['get', 'list'].includes(verb)),
      );
      expect(changing.flatMap(({ resources }) => resources)).toEqual(account === 'plan' ? ['pods/exec'] : []);
    }
  });

  test('read no Secret but those of the environment, unless they apply', () => {
    const ours = needed.filter(({ kind }) => kind === 'Secret').map(({ name }) => name);
    for (const account of ['review', 'plan']) {
      const rules = rulesOf(account).filter(({ resources }) => resources.includes('secrets'));
      expect(rules.map(({ resourceNames, verbs }) => [[...resourceNames].sort(), verbs])).toEqual([
        [ours.sort(), ['get']],
      ]);
    }
    expect(may('apply', 'list', 'secrets')).toBe(true);
  });

  test('apply with what is looked at before an apply', () => {
    const verbs = ['get', 'list', ...CHANGES];
    for (const verb of verbs) expect(needed.filter(({ resource }) => !may('apply', verb, resource))).toEqual([]);
    const reads = [
      ['list', 'pods'],
      ['get', 'pods/log'],
      ['list', 'events'],
    ] as const;
    expect(reads.filter(([verb, resource]) => !may('apply', verb, resource))).toEqual([]);
    expect(
      rulesOf('apply').flatMap(({ apiGroups, resources, verbs: all }) => [...apiGroups, ...resources, ...all]),
    ).not.toContain('*');
  });
});
