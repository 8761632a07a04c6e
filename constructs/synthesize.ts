import './libraries';

import { App } from 'cdktf';
import type { Topology } from '../topology/topology';
import { ActiveActiveDeployment } from './active-active-deployment';
import { EnvironmentStack } from './environment-stack';
import { onKubernetes } from './on-kubernetes';

/**
 * Writes the Terraform configuration of these topologies.
 *
 * @param outdir @default - CDKTF_OUTDIR, else `cdktf.out`
 * @param retired names of retired stacks to write without any resource, so that Terraform destroys what they have. @default - none
 */
export function synthesize(topologies: readonly Topology[], outdir?: string, retired: readonly string[] = []): void {
  withoutStackTraces(() => {
    const app = new App({ outdir });
    for (const topology of topologies) {
      new ActiveActiveDeployment(app, topology);
      for (const stack of topology.retired.stacks.filter(({ name }) => retired.includes(name))) {
        if (topology.platform.kind === 'kubernetes') onKubernetes().emptyKubernetesStack(app, topology, stack);
        else new EnvironmentStack(app, { ...stack, engineHost: topology.engineHost });
      }
    }
    app.synth();
  });
}

/** cdktf notes for each token where it was made, which nobody reads; errors keep their traces. */
function withoutStackTraces(work: () => void): void {
  const { captureStackTrace } = Error;
  Error.captureStackTrace = () => undefined;
  try {
    work();
  } finally {
    Error.captureStackTrace = captureStackTrace;
  }
}
