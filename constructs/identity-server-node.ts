import { resolve } from 'node:path';
import { Container, type ContainerUpload } from '@cdktf/provider-docker/lib/container';
import { AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import type { NodeDriver, NodeTopology } from '../topology/node';
import {
  cpuLimit,
  dockerEnvironment,
  dockerMounts,
  type Labels,
  type NamedNetwork,
  serverContainer,
  uploads,
} from './container-defaults';

export interface IdentityServerNodeProps extends NodeTopology {
  readonly network: NamedNetwork;
  readonly labels: Labels;
}

/** One identity server. Applying returns when its health request succeeds, and fails when it does not in time. */
export class IdentityServerNode extends Construct {
  readonly container: Container;

  constructor(scope: Construct, id: string, props: IdentityServerNodeProps) {
    super(scope, id);
    this.container = new Container(this, 'Default', {
      ...serverContainer(props, props.network, props.labels),
      entrypoint: [...props.entrypoint],
      command: [],
      env: dockerEnvironment(props.environment),
      ...cpuLimit(props.cpus),
      host: Object.entries(props.hosts).map(([host, ip]) => ({ host, ip })),
      upload: [...uploads(props.files), ...(props.driver === undefined ? [] : [this.uploadOf(props.driver)])],
      volumes: dockerMounts(props.mounts, []),
    });
  }

  /** The file is copied beside the stack's configuration, so that its path is the same on every machine. */
  private uploadOf({ source, sha256, path }: NodeDriver): ContainerUpload {
    const asset = new TerraformAsset(this, 'driver', {
      path: resolve(source),
      type: AssetType.FILE,
      assetHash: sha256,
    });
    return { file: path, source: asset.path, sourceHash: sha256, permissions: '0644' };
  }
}
