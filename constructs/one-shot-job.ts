import { Container } from '@cdktf/provider-docker/lib/container';
import type { Volume } from '@cdktf/provider-docker/lib/volume';
import type { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import type { JobTopology } from '../topology/jobs';
import {
  dockerEnvironment,
  dockerMounts,
  hardened,
  type Labels,
  type NamedNetwork,
  uploads,
} from './container-defaults';

export interface OneShotJobProps extends JobTopology {
  readonly labels: Labels;
  /** Network to attach to. @default - the job has no network at all */
  readonly network?: NamedNetwork;
  /** Volumes of this stack among those that it mounts: the job depends on them. @default - all are of other stacks */
  readonly volumes?: readonly Volume[];
  /** The job runs again when one of these is recreated. @default - only when its own definition changes */
  readonly runsAgainWith?: readonly TerraformResource[];
}

/**
 * A container that does one thing and ends. Applying waits for it and fails unless it ends with exit code 0. The ended container
 * stays, with its log, as the record of what ran; a change of the script or its inputs runs it again.
 */
export class OneShotJob extends Construct {
  readonly container: Container;

  constructor(scope: Construct, id: string, props: OneShotJobProps) {
    super(scope, id);
    const files = { '/job.sh': props.script, ...props.files };
    this.container = new Container(this, 'Default', {
      name: props.name,
      image: props.image,
      entrypoint: ['/bin/sh', '/job.sh'],
      command: [],
      user: props.user ?? '0:0',
      env: dockerEnvironment(props.environment),
      ...hardened(props.labels, props.capabilities),
      ...(props.network === undefined ? { networkMode: 'none' } : { networksAdvanced: [{ name: props.network.name }] }),
      upload: uploads(files),
      volumes: dockerMounts(props.mounts, props.volumes ?? []),
      restart: 'no',
      mustRun: false,
      attach: true,
      logs: true,
      lifecycle: {
        ...(props.runsAgainWith && {
          replaceTriggeredBy: props.runsAgainWith.map(
            ({ terraformResourceType, friendlyUniqueId }) => `${terraformResourceType}.${friendlyUniqueId}`,
          ),
        }),
        postcondition: [
          {
            // biome-ignore lint/suspicious/noTemplateCurlyInString: a Terraform expression
            condition: '${self.exit_code == 0}',
            errorMessage: `${props.name} failed. What it said: docker logs ${props.name}. When the cause is fixed, "make up" runs it again.`,
          },
        ],
      },
    });
  }
}
