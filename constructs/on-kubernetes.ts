/** The constructs for Kubernetes, loaded where they are needed: their library takes longer to load than all others together. */
export function onKubernetes(): typeof import('./kubernetes/stacks') {
  return require('./kubernetes/stacks');
}
