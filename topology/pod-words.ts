import type { Environment } from '../environment/schema';

/**
 * What scripts say of a Docker host, and what they say in a pod. The scripts have Docker's words: one that changes is a job that runs again, or
 * a node that is replaced. $KUBECTL is kubectl for the environment's namespace, with its options.
 */
export const POD_WORDS: readonly (readonly [docker: string, pod: string])[] = [
  ['docker rm $ENVIRONMENT-keystores-job && docker volume rm', '$KUBECTL delete secret'],
  ['Put the volume back', 'Put the Secret back'],
  ['the volume $ENVIRONMENT-', 'the Secret $ENVIRONMENT-'],
  [', or upgrade: make upgrade ENVIRONMENT=$ENVIRONMENT', '; make upgrade is for Docker alone so far'],
  [', or say which it is: make upgrade ENVIRONMENT=$ENVIRONMENT FROM=7.1.0', ''],
  ['and the engine starts it again', 'and Kubernetes starts it again'],
];

/** A script as its platform runs it; on Docker as it stands. */
export function wordedFor({ platform }: Pick<Environment, 'platform'>, script: string): string {
  if (platform.kind === 'docker') return script;
  return POD_WORDS.reduce((text, [docker, pod]) => text.replaceAll(docker, () => pod), script);
}
