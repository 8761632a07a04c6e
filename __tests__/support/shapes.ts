import type { Topology } from '../../topology/topology';
import { PROTECTED } from './protected';
import { SMALLEST, topology } from './synth';

const server = (line: string) => SMALLEST.replace('[load_balancer]', `${line}\n[load_balancer]`);
const EXISTING_DATABASE = '[database]\nhost = "db.bank.example"\nmax_connections = 1000\n';

/** The shapes that an environment can have: what differs between them is which resources there are. */
export const SHAPES: Readonly<Record<string, Topology>> = {
  sandbox: topology(SMALLEST, 'bank'),
  'external-database': topology(`${SMALLEST}${EXISTING_DATABASE}`, 'bank'),
  'manual-schema': topology(`${SMALLEST}${EXISTING_DATABASE}schema = "manual"\n`, 'bank'),
  protected: topology(`${PROTECTED}${SMALLEST}`, 'bank'),
  'protected-external-database': topology(`${PROTECTED}${SMALLEST}${EXISTING_DATABASE}`, 'bank'),
  'three-nodes': topology(server('nodes = 3'), 'bank'),
};

const PLATFORM = '[platform]\nkind = "kubernetes"\ncontext = "bank"\n';

/** Those on Kubernetes. */
export const KUBERNETES_SHAPES: Readonly<Record<string, Topology>> = {
  kubernetes: topology(`${PLATFORM}shared_storage_class = "files"\n${SMALLEST}`, 'bank'),
  'kubernetes-external-database': topology(`${PLATFORM}${SMALLEST}${EXISTING_DATABASE}`, 'bank'),
  'kubernetes-protected': topology(`${PROTECTED}${PLATFORM}${SMALLEST}`, 'bank'),
  'kubernetes-clustered': topology(
    `${PLATFORM}[identity_server]\ndistribution = "wso2is-7.1.0"\nimage = "registry.bank.example/identity-server:7.1.0"\nnodes = 3\n[load_balancer]\nhostname = "is.bank.example"\n`,
    'bank',
  ),
};
