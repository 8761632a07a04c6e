import type { Distribution } from './distribution';
import {
  acceleratorsFor,
  financialServices,
  IDENTITY_SERVER_VERSIONS,
  type IdentityServerVersion,
  identityServer,
  type VersionWithAccelerator,
} from './identity-server';
import { sandbox } from './sandbox';

export * from './accelerator-template';
export * from './distribution';

/** With the accelerator, a name without a release means the newest one that there is for that version. */
export type DistributionName =
  | 'sandbox'
  | `wso2is-${IdentityServerVersion}`
  | `wso2is-${IdentityServerVersion}-financial-services`
  | `wso2is-${VersionWithAccelerator}`;

/** The catalogue of what can run on the nodes. */
export const DISTRIBUTIONS = Object.fromEntries([
  ['sandbox', sandbox],
  ...IDENTITY_SERVER_VERSIONS.flatMap((version) => {
    const name = `wso2is-${version}-financial-services`;
    const [usual] = acceleratorsFor(version);
    const withUsual = financialServices(version, usual);
    const meant = `${withUsual.description} The name without a release means this one.`;
    return [
      [`wso2is-${version}`, identityServer(version)],
      [name, { ...withUsual, description: meant }],
      ...acceleratorsFor(version).map((release) => [`${name}-${release}`, financialServices(version, release)]),
    ];
  }),
]) as Readonly<Record<DistributionName, Distribution>>;

export const DISTRIBUTION_NAMES = Object.keys(DISTRIBUTIONS) as [DistributionName, ...DistributionName[]];
