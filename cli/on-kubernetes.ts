/** What commands do on Kubernetes, loaded where it is needed: a library of it takes longer to load than all others together. */
export function onKubernetes(): typeof import('./kubernetes/commands') {
  return require('./kubernetes/commands');
}
