import { CLUSTER_FAULTS } from './cluster/faults';
import { ALL_FAULTS } from './faults';

/** Names of all faults, in the order of the page. */
export const ALL_NAMES: readonly string[] = [...ALL_FAULTS, ...CLUSTER_FAULTS].map(({ name }) => name);
