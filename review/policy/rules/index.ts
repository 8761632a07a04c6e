import type { RuleId } from '../../../catalogue/policy-rule-ids';
import type { Rule } from '../rule';
import { administrationPaths } from './administration-paths';
import { apiToken } from './api-token';
import { claimCopy } from './claim-copy';
import { databaseTls } from './database-tls';
import { defaultCredential } from './default-credential';
import { disruptionBudget } from './disruption-budget';
import { engineTls } from './engine-tls';
import { healthCheck } from './health-check';
import { hostAccess } from './host-access';
import { imagePinned } from './image-pinned';
import { localState } from './local-state';
import { logLimit } from './log-limit';
import { memoryLimit } from './memory-limit';
import { networkPolicy } from './network-policy';
import { nodeCount } from './node-count';
import { nodesInOneStack } from './nodes-in-one-stack';
import { oneMachine } from './one-machine';
import { preventDestroy } from './prevent-destroy';
import { privileged } from './privileged';
import { publishedWithoutTls } from './published-without-tls';
import { restart } from './restart';
import { revocationList } from './revocation-list';
import { rootUser } from './root-user';
import { schemaVersion } from './schema-version';
import { secretsAtRest } from './secrets-at-rest';
import { secretsSupplied } from './secrets-supplied';
import { signingKeyStep } from './signing-key-step';
import { statefulDestroy } from './stateful-destroy';

/** The policy: a file a rule, in the order in which they are reported. The compiler asks for one of each name. */
export const RULES: Readonly<Record<RuleId, Rule>> = {
  'schema-version': schemaVersion,
  'stateful-destroy': statefulDestroy,
  'prevent-destroy': preventDestroy,
  'local-state': localState,
  'image-pinned': imagePinned,
  'secrets-supplied': secretsSupplied,
  'nodes-in-one-stack': nodesInOneStack,
  'node-count': nodeCount,
  'published-without-tls': publishedWithoutTls,
  'administration-paths': administrationPaths,
  'engine-tls': engineTls,
  'database-tls': databaseTls,
  'revocation-list': revocationList,
  'default-credential': defaultCredential,
  privileged,
  'root-user': rootUser,
  'host-access': hostAccess,
  'health-check': healthCheck,
  restart,
  'memory-limit': memoryLimit,
  'log-limit': logLimit,
  'signing-key-step': signingKeyStep,
  'one-machine': oneMachine,
  'disruption-budget': disruptionBudget,
  'network-policy': networkPolicy,
  'api-token': apiToken,
  'secrets-at-rest': secretsAtRest,
  'claim-copy': claimCopy,
};
