import { Container, type ContainerVolumes } from '@cdktf/provider-docker/lib/container';
import type { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { dockerEnvironment, hardened, type Labels, uploads } from './container-defaults';

export interface OneShotJobProps {
  /** Name of the container, unique on the engine. */
  readonly name: string;
  /** Image in which the script runs. */
  readonly image: string;
  /** POSIX shell script; it must succeed when it is run again. */
  readonly script: string;
  /** Variables of the script. They are visible to everybody who can inspect the container, so none may be a secret. */
  readonly environment: Readonly<Record<string, string>>;
  readonly labels: Labels;
  readonly volumes: readonly ContainerVolumes[];
  /** Further files for the script to read, by path. @default - only the script is put into the container */
  readonly files?: Readonly<Record<string, string>>;
  /** uid:gid that runs the script. @default "0:0", without any capability that is not listed */
  readonly user?: string;
  /** Linux capabilities that the script needs, such as CAP_CHOWN. @default - none */
  readonly capabilities?: readonly string[];
  /** Network to attach to. @default - the job has no network at all */
  readonly network?: string;
  /** The job runs again when one of these is created anew. @default - only when its own definition changes */
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
      ...(props.network === undefined ? { networkMode: 'none' } : { networksAdvanced: [{ name: props.network }] }),
      upload: uploads(files),
      volumes: [...props.volumes],
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
            errorMessage: `${props.name} failed. What it said: docker logs ${props.name}. When the cause is mended, "make up" runs it again.`,
          },
        ],
      },
    });
  }
}
