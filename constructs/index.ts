export { ActiveActiveDeployment } from './active-active-deployment';
export { ClusterNetwork, type ClusterNetworkProps } from './cluster-network';
export { EnvironmentStack, type EnvironmentStackProps } from './environment-stack';
export { IdentityServerNode, type IdentityServerNodeProps } from './identity-server-node';
export { KeystoreVolume, type KeystoreVolumeProps } from './keystore-volume';
export { NginxLoadBalancer, type NginxLoadBalancerProps } from './nginx-load-balancer';
export { OneShotJob, type OneShotJobProps } from './one-shot-job';
export { SchemaJob, type SchemaJobProps } from './schema-job';
export { SharedDatabase, type SharedDatabaseProps } from './shared-database';
