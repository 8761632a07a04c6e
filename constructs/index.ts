export { readAssets } from '../environment/assets';
export { loadEnvironments } from '../environment/load';
export type { Environment } from '../environment/schema';
export { deriveTopology, type Topology } from '../topology/topology';
export { ActiveActiveDeployment } from './active-active-deployment';
export { ClusterNetwork, type ClusterNetworkProps } from './cluster-network';
export type { Labels, NamedNetwork } from './container-defaults';
export { EnvironmentStack, type EnvironmentStackProps } from './environment-stack';
export { IdentityServerNode, type IdentityServerNodeProps } from './identity-server-node';
export { KeystoreVolume, type KeystoreVolumeProps } from './keystore-volume';
export {
  KubectlManifest,
  type KubectlManifestProps,
  KubectlProvider,
  type KubectlProviderProps,
} from './kubernetes/kubectl-provider';
export { LayerStack, type LayerStackProps } from './layer-stack';
export { NginxLoadBalancer, type NginxLoadBalancerProps } from './nginx-load-balancer';
export { OneShotJob, type OneShotJobProps } from './one-shot-job';
export { SchemaJob, type SchemaJobProps } from './schema-job';
export { SharedDatabase, type SharedDatabaseProps } from './shared-database';
export { SharedFiles, type SharedFilesProps } from './shared-files';
