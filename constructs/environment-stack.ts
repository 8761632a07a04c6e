import { Image } from '@cdktf/provider-docker/lib/image';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformBackend, type TerraformElement, type TerraformRemoteState, TerraformStack } from 'cdktf';
import type { Construct, Node } from 'constructs';
import type { StackTopology } from '../topology/stacks';
import type { StateBackend } from '../topology/state-backend';

/**
 * Versions of the providers. The bindings pin docker 3.6.2, but 3.x removes stopped containers during a plan, and before 4.6 an
 * edited health check is ignored. The bindings' schema is a subset of 4.x.
 */
const PROVIDER_VERSIONS = { docker: '~> 4.6', local: '~> 2.6' } as const;

export interface EnvironmentStackProps extends Pick<StackTopology, 'name' | 'backend'> {
  /** Docker Engine to talk to. @default - DOCKER_HOST, else the local socket */
  readonly engineHost?: string;
  /** Providers that the stack uses beside docker. @default - none */
  readonly providers?: readonly 'local'[];
}

/** One layer of an environment: a stack with its state backend, the docker provider and addresses that people can read. */
export class EnvironmentStack extends TerraformStack {
  private readonly pathOfLogicalId = new Map<string, string>();

  constructor(scope: Construct, props: EnvironmentStackProps) {
    super(scope, props.name);
    new ConfiguredBackend(this, props.backend);
    new DockerProvider(this, 'docker', { host: props.engineHost });
    for (const name of ['docker', ...(props.providers ?? [])] as const) {
      this.addOverride(`terraform.required_providers.${name}.version`, PROVIDER_VERSIONS[name]);
    }
  }

  /** An image that is pulled unless the engine has it, and that stays when the environment goes. */
  addImage(id: string, name: string): Image {
    return new Image(this, id, { name, keepLocally: true });
  }

  /**
   * `docker_container.database` instead of a name with a hash in it: plans are read by people.
   *
   * @throws when two paths come to the same name, which would make one resource of two
   */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const { path } = 'node' in element ? element.node : element;
    const id = path
      .split('/')
      .slice(1)
      .filter((part) => part !== 'Default')
      .join('-');
    const taken = this.pathOfLogicalId.get(id);
    if (taken !== undefined && taken !== path) {
      throw new Error(`${path} and ${taken} would both be called ${id} in Terraform; rename one of them`);
    }
    this.pathOfLogicalId.set(id, path);
    return id;
  }
}

class ConfiguredBackend extends TerraformBackend {
  constructor(
    scope: Construct,
    private readonly backend: StateBackend,
  ) {
    super(scope, 'backend', backend.type);
  }

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    return { ...this.backend.settings };
  }

  override getRemoteStateDataSource(): TerraformRemoteState {
    throw new Error('stacks share names that the topology derives, never remote state');
  }
}
