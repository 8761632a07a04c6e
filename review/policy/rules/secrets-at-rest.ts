import type { Rule } from '../rule';

export const secretsAtRest: Rule = {
  reason:
    "a cluster keeps Secrets unencrypted unless it was set up otherwise: whoever reads etcd's disk or its backup has every password and key",
  fix: 'ask whoever runs the cluster whether Secrets are encrypted at rest, with a key that is not beside them (EncryptionConfiguration with kms, or what your cloud calls so), and write who answered what into a suppression',
  check: ({ topology: { protected: isProtected, platform } }) =>
    isProtected && platform.kind === 'kubernetes'
      ? [
          {
            location: 'platform.context',
            message: `whether the cluster of ${platform.context} encrypts Secrets at rest cannot be seen from outside it`,
          },
        ]
      : [],
};
