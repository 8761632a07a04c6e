import type { Published } from '../published/published';
import type { NodeCertificates } from '../renewals';
import type { VolumeStatus } from './changed-files';
import type { ComponentStatus } from './components';
import type { RevocationStatus } from './revocations';

/** What is found of an environment, on whichever platform. */
export interface Findings {
  readonly components: readonly ComponentStatus[];
  /** Why nothing can be said of the components; null where something can. */
  readonly problem: string | null;
  readonly published: Published;
  readonly certificates: readonly NodeCertificates[];
  readonly revocations: readonly RevocationStatus[];
  readonly volumes: VolumeStatus;
}
