import { manifestsOf } from '../../constructs/kubernetes/manifests';
import { withObjects } from '../../review/plan/kubernetes-object';
import type { Attributes, Plan, ResourceChange } from '../../review/plan/plan-json';
import type { ReportInput } from '../../review/report/report';
import type { Topology } from '../../topology/topology';
import { type Json, topology } from './synth';

/** A small environment in a cluster. @param change replaces parts of its configuration */
export function onCluster(change: (toml: string) => string = (toml) => toml): Topology {
  return topology(
    change(`
[platform]
kind = "kubernetes"
context = "bank"
publish = "node-port"
storage_class = "block"
shared_storage_class = "files"
[identity_server]
distribution = "sandbox"
memory_mb = 1280
heap_mb = 512
[load_balancer]
hostname = "is.bank.example"
http_port = 30080
https_port = 30443
denied_paths = ["/carbon", "/services"]
`),
    'bank',
  );
}

/** Attributes of a resource as gavinbunney/kubectl 1.19 has them in a plan; fingerprints and identities are made up. */
function attributes(object: Json, fingerprint: string): Attributes {
  return {
    api_version: object.apiVersion,
    kind: object.kind,
    name: object.metadata.name,
    namespace: object.metadata.namespace,
    yaml_body: JSON.stringify(object),
    yaml_body_parsed: `kind: ${object.kind}\n`,
    yaml_incluster: fingerprint,
    live_manifest_incluster: fingerprint,
    uid: 'uid',
    live_uid: 'uid',
    force_new: object.kind === 'Job',
    server_side_apply: true,
    wait_for_rollout: true,
  };
}

/** Plans that make one environment of the other. @param before @default - nothing is there yet */
export function clusterPlans(after: Topology | undefined, before?: Topology): ReportInput {
  const [was, is] = [before, after].map((each) => (each ? manifestsOf(each) : []));
  const last = (after ?? before) as Topology;
  const stacks = last.stacks.map(({ name }, index) => {
    const sides = [was, is].map(
      (layers) =>
        new Map(layers?.find(({ stack }) => stack.name === name)?.manifests.map(({ id, object }) => [id, object])),
    );
    const ids = [...new Set(sides.flatMap((side) => [...side.keys()]))];
    const plan: Plan = {
      format_version: '1.2',
      resource_changes: ids.map((id) => change(id, sides[0]?.get(id), sides[1]?.get(id))),
    };
    return {
      name,
      plan: withObjects(plan),
      configuration: {},
      text: '',
      sha256: String(index).repeat(64),
      configurationSha256: String(index).repeat(64),
    };
  });
  return { topology: last, stacks, destroy: after === undefined };
}

function change(id: string, before: Json | undefined, after: Json | undefined): ResourceChange {
  const [one, other] = [before, after].map((object) => (object ? attributes(object, 'f1') : null));
  const same = JSON.stringify(before) === JSON.stringify(after);
  const replaced = before !== undefined && after !== undefined && before.metadata.name !== after.metadata.name;
  const actions =
    before === undefined
      ? ['create']
      : after === undefined
        ? ['delete']
        : same
          ? ['no-op']
          : replaced || after.kind === 'Job'
            ? ['delete', 'create']
            : ['update'];
  const hidden = { yaml_body: true, yaml_incluster: true, live_manifest_incluster: true };
  return {
    address: `kubectl_manifest.${id}`,
    mode: 'managed',
    type: 'kubectl_manifest',
    ...(actions.length === 2 && { action_reason: 'replace_because_cannot_update' }),
    change: {
      actions,
      before: one ?? null,
      after: other ?? null,
      after_unknown: {},
      before_sensitive: one ? hidden : false,
      after_sensitive: other ? hidden : false,
      ...(actions.length === 2 && { replace_paths: [['yaml_body'], ['name']] }),
    },
  };
}
