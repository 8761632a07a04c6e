import { k8s } from 'cdk8s-plus-32';
import { Construct } from 'constructs';
import type { JobTopology } from '../../topology/jobs';
import type { KubernetesPlatform } from '../../topology/platform';
import type { VolumesTopology } from '../../topology/volumes';
import type { Labels } from '../container-defaults';
import { ConfigFiles } from './config-files';
import {
  DNS_CONFIG,
  digestOf,
  environmentOf,
  JOB_RESOURCES,
  restrictedContainer,
  restrictedPod,
  tolerationsOf,
} from './pod-defaults';
import { podVolumes, scratch, uniqueVolumes } from './pod-volumes';

export interface KubernetesJobProps extends Omit<JobTopology, 'user' | 'capabilities'> {
  /** uid:gid that runs the script, without any capability. */
  readonly user: string;
  readonly platform: KubernetesPlatform;
  /** The table of volumes, which says what each mount is. */
  readonly volumes: VolumesTopology;
  readonly labels: Labels;
  /** Runs in the same pod before it. @default - nothing */
  readonly before?: Pick<KubernetesJobProps, 'name' | 'image' | 'script' | 'environment' | 'user' | 'mounts'>;
  /** Account by which the script reads and writes Secrets. @default - it has none */
  readonly account?: string;
}

/** Where a pod finds the token that it was given. */
const ACCOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN_SECONDS = 3600;

/**
 * A pod that does one thing and ends. Its name changes with what it does, since a Job cannot be changed: another script or input is another
 * Job, which runs, and the one before goes. What failed stays, with its log.
 */
export class KubernetesJob extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: KubernetesJobProps) {
    super(scope, id);
    const { before, platform, labels, account } = props;
    const steps = [...(before ? [before] : []), props].map((step, index) => ({
      step,
      script: index === 0 && before ? '/job-before.sh' : '/job.sh',
    }));
    const texts = {
      ...Object.fromEntries(steps.map(({ step, script }) => [script, step.script])),
      ...props.files,
    };
    const content = { ...props, volumes: undefined };
    this.name = `${props.name}-${digestOf(content)}`;
    const files = new ConfigFiles(this, 'files', { name: this.name, files: texts });
    const tmp = scratch('tmp', '/tmp', 64);
    const token = account === undefined ? undefined : TOKEN;
    const all = steps.map(({ step }) => podVolumes(step.mounts, props.volumes, platform));
    const volumes = [files.volume, ...tmp.volumes, ...(token?.volumes ?? []), ...all.flatMap((each) => each.volumes)];
    const containers = steps.map(
      ({ step, script }, index): k8s.Container => ({
        name: index === steps.length - 1 ? 'job' : 'before',
        image: step.image,
        imagePullPolicy: 'IfNotPresent',
        command: ['/bin/sh', script],
        env: environmentOf(step.environment),
        resources: JOB_RESOURCES,
        securityContext: restrictedContainer(step.user),
        volumeMounts: [
          ...files.mounts.filter(({ mountPath }) => mountPath === script || index === steps.length - 1),
          ...tmp.mounts,
          ...(token?.mounts ?? []),
          ...(all[index]?.mounts ?? []),
        ],
      }),
    );
    new k8s.KubeJob(this, 'Default', {
      metadata: { name: this.name },
      spec: {
        backoffLimit: 4,
        template: {
          metadata: { labels: { ...labels } },
          spec: {
            restartPolicy: 'Never',
            automountServiceAccountToken: false,
            ...(account !== undefined && { serviceAccountName: account }),
            enableServiceLinks: false,
            securityContext: restrictedPod(props.user),
            dnsConfig: DNS_CONFIG,
            tolerations: tolerationsOf(platform.tolerations),
            ...(containers.length > 1 && { initContainers: containers.slice(0, -1) }),
            containers: containers.slice(-1),
            volumes: uniqueVolumes(volumes),
          },
        },
      },
    });
  }
}

/** The token is in the one pod that needs it, for an hour. */
const TOKEN = {
  volumes: [
    {
      name: 'account',
      projected: {
        defaultMode: 0o440,
        sources: [
          { serviceAccountToken: { path: 'token', expirationSeconds: TOKEN_SECONDS } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        ],
      },
    },
  ],
  mounts: [{ name: 'account', mountPath: ACCOUNT_PATH, readOnly: true }],
};
