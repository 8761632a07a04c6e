/** What a picture of an environment shows, before anybody decides where. */
export interface Scene {
  readonly environment: string;
  /** One sentence for people who cannot see the picture. */
  readonly description: string;
  /** On what it is: a Docker Engine or a cluster. */
  readonly place: { readonly title: string; readonly name: string };
  readonly client: { readonly url: string; readonly published: string };
  readonly network: NetworkPart;
  readonly loadBalancer: LoadBalancerPart;
  readonly nodes: readonly NodePart[];
  readonly foundation: FoundationPart;
  /** A database server that is already there, outside every stack. */
  readonly externalDatabase?: Part;
}

/** What the containers share: a network of the engine, or a namespace. */
export interface NetworkPart {
  /** Capitalised. */
  readonly title: string;
  readonly name: string;
  /** What is worth knowing first: its addresses, or the cluster's context. */
  readonly subnet: string;
  readonly lines: readonly string[];
}

/** A stack, with its place in the order in which the stacks are applied, from 1. */
export interface StackPart {
  readonly name: string;
  readonly order: number;
}

/** A container: what it is called, what is worth knowing, and what it mounts. */
export interface Part {
  readonly name: string;
  /** The name without the environment's, where that stands beside it anyway. */
  readonly short: string;
  /** Fixed address in the environment's network, or name in the cluster. */
  readonly address?: string;
  /** Port on which it is reached inside the network. */
  readonly port?: number;
  readonly lines: readonly string[];
  readonly mounts: readonly Mount[];
}

/** A volume of the engine, a Secret or a claim. The letter stands for it where it is mounted. */
export interface VolumePart {
  readonly name: string;
  /** The name without the environment's. */
  readonly short: string;
  readonly letter: string;
}

export interface Mount {
  readonly volume: string;
  readonly letter: string;
  readonly readOnly: boolean;
}

export interface LoadBalancerPart extends StackPart {
  readonly container: Part;
  readonly job: Part;
  readonly volumes: readonly VolumePart[];
}

export interface NodePart extends StackPart {
  readonly container: Part;
}

export interface FoundationPart extends StackPart {
  readonly database?: Part;
  /** In the order in which they run. */
  readonly jobs: readonly Part[];
  readonly volumes: readonly VolumePart[];
  /** What else is worth knowing, such as the files that are written on the machine that runs Terraform. */
  readonly aside: { readonly title: string; readonly lines: readonly string[] };
  /** What the volumes are called. */
  readonly volumesTitle: string;
}
