import type { Distribution } from './distribution';
import {
  financialServices,
  IDENTITY_SERVER_VERSIONS,
  type IdentityServerVersion,
  identityServer,
} from './identity-server';
import { sandbox } from './sandbox';

export * from './distribution';

export type DistributionName =
  | 'sandbox'
  | `wso2is-${IdentityServerVersion}`
  | `wso2is-${IdentityServerVersion}-financial-services`;

/** The catalogue of what can run on the nodes. */
export const DISTRIBUTIONS = Object.fromEntries([
  ['sandbox', sandbox],
  ...IDENTITY_SERVER_VERSIONS.flatMap((version) => [
    [`wso2is-${version}`, identityServer(version)],
    [`wso2is-${version}-financial-services`, financialServices(version)],
  ]),
]) as Readonly<Record<DistributionName, Distribution>>;

export const DISTRIBUTION_NAMES = Object.keys(DISTRIBUTIONS) as [DistributionName, ...DistributionName[]];
