import { type TerraformMetaArguments, TerraformProvider, TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';

/** Versions of the provider. */
export const KUBECTL_VERSION = '~> 1.19';

/**
 * The part of the provider gavinbunney/kubectl that is used here; no bindings of it are published. It sends any manifest as it stands and knows
 * of each object only what the manifest says, so what others keep in an object, such as the values of a Secret, is in no state and no plan.
 */
const PROVIDER = {
  terraformProviderSource: 'gavinbunney/kubectl',
  terraformGeneratorMetadata: {
    providerName: 'kubectl',
    providerVersion: '1.19.0',
    providerVersionConstraint: KUBECTL_VERSION,
  },
} as const;

export interface KubectlProviderProps {
  /** Context of the kubeconfig file. */
  readonly context: string;
}

/** The provider, for the cluster of one context: what is current in the shell decides nothing. */
export class KubectlProvider extends TerraformProvider {
  private readonly props: KubectlProviderProps;

  constructor(scope: Construct, id: string, props: KubectlProviderProps) {
    super(scope, id, { terraformResourceType: 'kubectl', ...PROVIDER });
    this.props = props;
  }

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    return { config_context: this.props.context };
  }
}

export interface KubectlManifestProps extends Pick<TerraformMetaArguments, 'dependsOn' | 'lifecycle'> {
  /** The object, YAML. */
  readonly yaml: string;
  /** Whether a change deletes the object and creates another. @default false */
  readonly replaced?: boolean;
  /** Whether it is gone for Terraform only when all that belongs to it is gone. @default false */
  readonly goesWithAll?: boolean;
  /** How long a rollout may take, in seconds. @default - there is none to wait for */
  readonly rolloutSeconds?: number;
}

/** An object of a cluster. That of a Deployment is applied when its pods are there and ready. */
export class KubectlManifest extends TerraformResource {
  private readonly props: KubectlManifestProps;

  constructor(scope: Construct, id: string, props: KubectlManifestProps) {
    const { dependsOn, lifecycle } = props;
    super(scope, id, { terraformResourceType: 'kubectl_manifest', ...PROVIDER, dependsOn, lifecycle });
    this.props = props;
  }

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    const { yaml, replaced, goesWithAll, rolloutSeconds } = this.props;
    return {
      yaml_body: yaml,
      // What nobody else sets is ours, and what somebody has set by hand is set back: that is what a plan shows.
      server_side_apply: true,
      force_conflicts: true,
      ...(replaced && { force_new: true }),
      ...(goesWithAll && { wait: true }),
      ...(rolloutSeconds !== undefined && { timeouts: { create: `${rolloutSeconds}s` } }),
    };
  }
}
