import { TerraformBackend, type TerraformElement, type TerraformRemoteState, TerraformStack } from 'cdktf';
import type { Construct, Node } from 'constructs';
import type { StackTopology } from '../topology/stacks';
import type { StateBackend } from '../topology/state-backend';

export type LayerStackProps = Pick<StackTopology, 'name' | 'backend'>;

/** One layer of an environment: a stack with its state backend and addresses that people can read. */
export abstract class LayerStack extends TerraformStack {
  private readonly pathOfLogicalId = new Map<string, string>();

  constructor(scope: Construct, props: LayerStackProps) {
    super(scope, props.name);
    new ConfiguredBackend(this, props.backend);
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
