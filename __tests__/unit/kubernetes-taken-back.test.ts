import { type ManagedFields, takenBack } from '../../cli/kubernetes/taken-back';

const entry = (
  manager: string,
  operation: ManagedFields['operation'],
  fieldsV1: ManagedFields['fieldsV1'],
  rest: Partial<ManagedFields> = {},
): ManagedFields => ({ manager, operation, apiVersion: 'apps/v1', fieldsV1, ...rest });

const OURS = entry('kubectl', 'Apply', {
  'f:metadata': { 'f:labels': {} },
  'f:spec': { 'f:env': { 'k:{"name":"OURS"}': { '.': {}, 'f:value': {} } } },
});
const STATUS = entry('kube-controller-manager', 'Update', { 'f:status': {} }, { subresource: 'status' });
const SCALE = entry('kube-controller-manager', 'Update', { 'f:spec': { 'f:replicas': {} } });

test('a variable that somebody has put beside ours becomes ours, so that the next apply removes it', () => {
  const byHand = entry('kubectl-set', 'Update', {
    'f:spec': { 'f:env': { 'k:{"name":"BY_HAND"}': { 'f:value': {} } } },
  });
  expect(takenBack([OURS, STATUS, byHand])).toEqual([
    {
      ...OURS,
      fieldsV1: {
        'f:metadata': { 'f:labels': {} },
        'f:spec': {
          'f:env': {
            'k:{"name":"OURS"}': { '.': {}, 'f:value': {} },
            'k:{"name":"BY_HAND"}': { 'f:value': {} },
          },
        },
      },
    },
    STATUS,
  ]);
});

test('what somebody has set beside the specification stays theirs', () => {
  const labelled = entry('lens', 'Update', {
    'f:metadata': { 'f:labels': { 'f:team': {} } },
    'f:spec': { 'f:paused': {} },
  });
  expect(takenBack([OURS, labelled])?.[1]).toEqual({
    ...labelled,
    fieldsV1: { 'f:metadata': { 'f:labels': { 'f:team': {} } } },
  });
});

test('what the cluster has set stays the cluster’s', () => {
  expect(takenBack([OURS, STATUS, SCALE])).toBeUndefined();
});

test('what the provider has never applied is left alone', () => {
  expect(takenBack([entry('helm', 'Update', { 'f:spec': { 'f:replicas': {} } })])).toBeUndefined();
});
