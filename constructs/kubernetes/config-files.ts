import { k8s } from 'cdk8s-plus-32';
import { Construct } from 'constructs';
import { digestOf } from './pod-defaults';

export interface ConfigFilesProps {
  readonly name: string;
  /** Content by path in the container. None is a secret. */
  readonly files: Readonly<Record<string, string>>;
}

/** Files for a container, in a ConfigMap, each put where the container expects it. */
export class ConfigFiles extends Construct {
  readonly volume: k8s.Volume;
  /** What the container mounts. */
  readonly mounts: readonly k8s.VolumeMount[];
  /** Changes with the content: a pod that has it in its template is replaced then, since it reads its files when it starts. */
  readonly digest: string;

  constructor(scope: Construct, id: string, props: ConfigFilesProps) {
    super(scope, id);
    const { name, files } = props;
    new k8s.KubeConfigMap(this, 'Default', {
      metadata: { name },
      data: Object.fromEntries(Object.entries(files).map(([path, content]) => [keyOf(path), content])),
    });
    this.volume = { name: 'files', configMap: { name, defaultMode: 0o444 } };
    this.mounts = Object.keys(files).map((path) => ({
      name: 'files',
      mountPath: path,
      subPath: keyOf(path),
      readOnly: true,
    }));
    this.digest = digestOf(files);
  }
}

/** A path as a key may be written. */
function keyOf(path: string): string {
  return path.replace(/^\//, '').replace(/[^A-Za-z0-9._-]/g, '.');
}
