export { applyPlansOnCluster } from './apply';
export { openCluster } from './cluster-context';
export { downOnCluster } from './down';
export { reportOnCluster } from './plan';
export { upOnCluster } from './up';
