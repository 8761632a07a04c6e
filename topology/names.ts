/** Prefix of the labels that every container, volume and network of an environment carries. */
export const LABEL_PREFIX = 'wso2-is-active-active';

/** Label by which all of a kind are chosen at once. */
export const ROLE_LABEL = `${LABEL_PREFIX}.role`;

/** Kinds of what runs in an environment. */
export type Role = 'node' | 'load-balancer' | 'database' | 'job';

export function nodeContainerName(environment: string, number: number): string {
  return `${environment}-node-${number}`;
}

export function databaseContainerName(environment: string): string {
  return `${environment}-database`;
}

export function loadBalancerContainerName(environment: string): string {
  return `${environment}-load-balancer`;
}

export function jobContainerName(environment: string, purpose: string): string {
  return `${environment}-${purpose}-job`;
}

export function volumeName(environment: string, purpose: string): string {
  return `${environment}-${purpose}`;
}

/** Labels of what belongs to one component of an environment. */
export function componentLabels(topology: {
  readonly labels: Readonly<Record<string, string>>;
}): (component: string) => Readonly<Record<string, string>> {
  return (component) => ({ ...topology.labels, [`${LABEL_PREFIX}.component`]: component });
}
