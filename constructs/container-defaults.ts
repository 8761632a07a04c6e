import type { ContainerConfig, ContainerLabels, ContainerUpload } from '@cdktf/provider-docker/lib/container';

/** Labels of a container, volume or network. */
export type Labels = Readonly<Record<string, string>>;

export function dockerLabels(labels: Labels): ContainerLabels[] {
  return Object.entries(labels).map(([label, value]) => ({ label, value }));
}

export function dockerEnvironment(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).map(([name, value]) => literal(`${name}=${value}`));
}

/** Files to put into a container before it starts, readable for its user. */
export function uploads(files: Readonly<Record<string, string>>): ContainerUpload[] {
  return Object.entries(files).map(([file, content]) => ({ file, content: literal(content), permissions: '0644' }));
}

/** Text that Terraform must not read as a template: shell and JavaScript use the same signs. */
export function literal(text: string): string {
  return text.replace(/[$%](?=\{)/g, '$&$&');
}

/**
 * What every container of an environment has: no capability beyond those named, no way to gain one, and a bounded log. The log
 * driver and memory_swap are declared because the provider plans a change for ever where the daemon fills them in.
 */
export function hardened(
  labels: Labels,
  capabilities: readonly string[] = [],
): Pick<ContainerConfig, 'capabilities' | 'securityOpts' | 'logDriver' | 'logOpts' | 'labels'> {
  return {
    capabilities: { drop: ['ALL'], ...(capabilities.length > 0 && { add: [...capabilities] }) },
    securityOpts: ['no-new-privileges:true'],
    logDriver: 'json-file',
    logOpts: { 'max-size': '10m', 'max-file': '5' },
    labels: dockerLabels(labels),
  };
}

/** A memory limit without additional swap, in MiB. */
export function memoryLimit(memoryMb: number): Pick<ContainerConfig, 'memory' | 'memorySwap'> {
  return { memory: memoryMb, memorySwap: memoryMb };
}

/**
 * A limit of processors, in steps of 0.1. It is spelt as the provider reads it back from the engine, "2.0" and "10.": any other
 * spelling is a change, and a change of it replaces the container in every plan.
 */
export function cpuLimit(cpus: number | undefined): Pick<ContainerConfig, 'cpus'> {
  if (cpus === undefined) return {};
  const tenths = cpus.toFixed(1);
  return { cpus: /^\d*0\d*\.0$/.test(tenths) ? tenths.slice(0, -1) : tenths };
}
