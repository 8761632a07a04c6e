import { k8s } from 'cdk8s-plus-32';
import type { Construct } from 'constructs';
import type { JobTopology } from '../../topology/jobs';
import { clientOf, type KubernetesPlatform } from '../../topology/platform';
import type { StackTopology } from '../../topology/stacks';
import type { Topology } from '../../topology/topology';
import { declaredVolumes, type VolumeTopology } from '../../topology/volumes';
import { EnvironmentChart } from './environment-chart';
import { KubernetesDatabase } from './kubernetes-database';
import { KubernetesJob } from './kubernetes-job';
import { NetworkPolicies } from './network-policies';

/** The layer with the data: secrets, keystores, the database and its schemas, and who may reach whom. It changes almost never. */
export class FoundationChart extends EnvironmentChart {
  constructor(scope: Construct, stack: StackTopology, topology: Topology) {
    super(scope, stack, topology);
    const { jobs, volumes, database, nodes, environment } = topology;
    const secrets = declaredVolumes(volumes).filter(({ kind }) => kind === 'secrets');
    for (const { name, purpose } of secrets) {
      // Empty, and filled by the jobs: what is in it is in no manifest, no state and no plan.
      new k8s.KubeSecret(this, purpose, { metadata: { name }, type: 'Opaque' });
    }
    const account = `${environment}-jobs`;
    this.grant(account, secrets);
    new NetworkPolicies(this, 'network', {
      environment,
      ways: topology,
      everyPod: topology.labels,
      labelsOf: (role) => this.roleLabels(role),
    });
    new k8s.KubePodDisruptionBudget(this, 'nodes', {
      metadata: { name: `${environment}-nodes` },
      spec: {
        minAvailable: k8s.IntOrString.fromNumber(nodes.length - 1),
        selector: { matchLabels: { ...this.roleLabels('node') } },
        // One that does not serve anyway may be evicted.
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });

    const [{ owner: serverOwner }] = nodes as [Topology['nodes'][number]];
    const job = (component: string, user: string) => ({
      platform: this.platform,
      volumes,
      labels: this.podLabels(component, 'job'),
      user,
    });
    for (const [id, each] of Object.entries({ secrets: jobs.secrets, keystores: jobs.keystores })) {
      new KubernetesJob(this, `${id}-job`, {
        ...storing(each, this.platform, topology),
        ...job(volumes.keystores.component, serverOwner),
        account,
      });
    }
    if (database.container) {
      new KubernetesDatabase(this, 'database', {
        ...database.container,
        platform: this.platform,
        table: volumes,
        ports: database.servers.map(({ port }) => port),
        labels: this.podLabels(volumes.databaseData.component, 'database'),
      });
    }
    if (jobs.schema) {
      const { scripts, run } = jobs.schema;
      new KubernetesJob(this, 'schema-job', {
        ...run,
        ...job(volumes.schemaScripts.component, run.user as string),
        before: { ...scripts, script: withGivenFiles(scripts.script, topology), user: serverOwner },
      });
    }
    if (topology.protected) {
      // That it is there says that what runs is protected, until a plan that removes it has been applied.
      new k8s.KubeConfigMap(this, 'protection', { metadata: { name: volumes.protection.name } });
    }
    if (this.platform.sharedStorageClass !== undefined) {
      const { name } = volumes.sharedFiles;
      new k8s.KubePersistentVolumeClaim(this, 'shared-files', {
        metadata: { name },
        spec: {
          accessModes: ['ReadWriteMany'],
          storageClassName: this.platform.sharedStorageClass,
          resources: { requests: { storage: k8s.Quantity.fromString('1Gi') } },
        },
      });
      new KubernetesJob(this, 'shared-files-job', {
        ...jobs.sharedFiles,
        script: withGivenFiles(jobs.sharedFiles.script, topology),
        ...job(volumes.sharedFiles.component, serverOwner),
      });
    }
  }

  /** The jobs' account may read and fill these Secrets, and neither make nor list any. */
  private grant(name: string, secrets: readonly VolumeTopology[]): void {
    const { namespace } = this.platform;
    new k8s.KubeServiceAccount(this, 'account', { metadata: { name }, automountServiceAccountToken: false });
    new k8s.KubeRole(this, 'role', {
      metadata: { name },
      rules: [
        {
          apiGroups: [''],
          resources: ['secrets'],
          resourceNames: secrets.map((secret) => secret.name),
          verbs: ['get', 'patch'],
        },
      ],
    });
    new k8s.KubeRoleBinding(this, 'role-binding', {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    });
  }
}

/** A job whose folders become Secrets: it begins with what they hold. */
function storing(
  job: JobTopology,
  platform: KubernetesPlatform,
  topology: Topology,
): Omit<JobTopology, 'user' | 'capabilities'> {
  const { loadSecrets, storeSecrets } = topology.podScripts;
  const written = Object.values(topology.volumes).flatMap(({ name, writers }) => {
    const folder = writers[job.name];
    return folder === undefined ? [] : [`${folder} ${name}`];
  });
  return {
    ...job,
    script: [loadSecrets, withGivenFiles(job.script, topology), storeSecrets].join('\n'),
    environment: {
      ...job.environment,
      SECRETS: written.join('\n'),
      NAMESPACE: platform.namespace,
      KUBECTL: clientOf(platform),
    },
  };
}

export function withGivenFiles(script: string, { podScripts }: Topology): string {
  return `${podScripts.givenFiles}\n${script}`;
}
