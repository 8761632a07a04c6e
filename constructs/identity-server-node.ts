import { resolve } from 'node:path';
import { Container, type ContainerUpload } from '@cdktf/provider-docker/lib/container';
import { AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import type { LocalFile, NodeTopology } from '../topology/topology';
import { cpuLimit, dockerEnvironment, hardened, type Labels, memoryLimit, uploads } from './container-defaults';

export interface IdentityServerNodeProps {
  /** Address, files and limits of this node. */
  readonly node: NodeTopology;
  /** Image, by id or name. @default - the node's own image name */
  readonly image?: string;
  /** Name of the environment's network. */
  readonly network: string;
  /** Name of the volume with one file for each secret. */
  readonly secretsVolume: string;
  /** Name of the volume with the shared keystore and truststore. */
  readonly keystoresVolume: string;
  readonly labels: Labels;
}

/** The server logs in one place, waits up to 60 s for requests that are under way, and the drain comes before that. */
const STOP_SECONDS = 90;

/** One identity server. Applying returns when its health request succeeds, and fails when it does not in time. */
export class IdentityServerNode extends Construct {
  readonly container: Container;

  constructor(scope: Construct, id: string, props: IdentityServerNodeProps) {
    super(scope, id);
    const { node } = props;
    this.container = new Container(this, 'Default', {
      name: node.containerName,
      hostname: node.containerName,
      image: props.image ?? node.image,
      entrypoint: [...node.entrypoint],
      command: [],
      user: node.owner,
      env: dockerEnvironment(node.environment),
      ...hardened(props.labels),
      ...memoryLimit(node.memoryMb),
      ...cpuLimit(node.cpus),
      ulimit: [{ name: 'nofile', soft: 16384, hard: 16384 }],
      networksAdvanced: [{ name: props.network, ipv4Address: node.address }],
      host: Object.entries(node.hosts).map(([host, ip]) => ({ host, ip })),
      upload: [...uploads(node.files), ...(node.driver === undefined ? [] : [this.uploadOf(node.driver)])],
      volumes: [
        { volumeName: props.secretsVolume, containerPath: node.secretsPath, readOnly: true },
        { volumeName: props.keystoresVolume, containerPath: node.keystoresPath, readOnly: true },
      ],
      healthcheck: {
        test: [...node.healthCommand],
        interval: '3s',
        timeout: '6s',
        retries: 3,
        startPeriod: '5m0s',
      },
      restart: 'unless-stopped',
      mustRun: true,
      wait: true,
      waitTimeout: node.startTimeoutSeconds,
      stopSignal: 'SIGTERM',
      stopTimeout: STOP_SECONDS,
      destroyGraceSeconds: STOP_SECONDS,
    });
  }
  /** The file is copied beside the stack's configuration, so that its path is the same on every machine. */
  private uploadOf({ source, sha256, path }: LocalFile): ContainerUpload {
    const asset = new TerraformAsset(this, 'driver', {
      path: resolve(source),
      type: AssetType.FILE,
      assetHash: sha256,
    });
    return { file: path, source: asset.path, sourceHash: sha256, permissions: '0644' };
  }
}
