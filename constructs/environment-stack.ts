import { Image } from '@cdktf/provider-docker/lib/image';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { Construct } from 'constructs';
import type { StackTopology } from '../topology/stacks';
import { LayerStack } from './layer-stack';

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

/** One layer of an environment on a Docker Engine: a stack with its state backend, the docker provider and addresses that people can read. */
export class EnvironmentStack extends LayerStack {
  constructor(scope: Construct, props: EnvironmentStackProps) {
    super(scope, props);
    new DockerProvider(this, 'docker', { host: props.engineHost });
    for (const name of ['docker', ...(props.providers ?? [])] as const) {
      this.addOverride(`terraform.required_providers.${name}.version`, PROVIDER_VERSIONS[name]);
    }
  }

  /** An image that is pulled unless the engine has it, and that stays when the environment goes. */
  addImage(id: string, name: string): Image {
    return new Image(this, id, { name, keepLocally: true });
  }
}
