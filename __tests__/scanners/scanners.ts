import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from '../../cli/setup/process';
import { readAssets } from '../../environment/assets';
import { loadEnvironments } from '../../environment/load';
import { jobsInOrder } from '../../topology/jobs';
import { networkRulesScript } from '../../topology/network-rules';
import { deriveTopology, type Topology } from '../../topology/topology';
import { NginxAlone } from '../support/nginx-alone';
import { type Finding, outputOf, PROJECT, type Tools } from './findings';

/** Each scanner by its name. @param directory for what must stand in files */

export async function gixy(tools: Tools, directory: string): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const { environment, loadBalancer } of shipped()) {
    const file = join(directory, 'nginx.conf');
    writeFileSync(file, loadBalancer.configuration.files['nginx.conf'] as string);
    const report: { plugin: string; summary: string }[] = JSON.parse(await outputOf(tools, 'gixy', '-f', 'json', file));
    for (const { plugin, summary } of report) {
      found.push({ tool: 'gixy', rule: plugin, file: 'nginx.conf', message: `${environment}: ${summary}` });
    }
  }
  return found;
}

export async function hadolint(tools: Tools): Promise<Finding[]> {
  const files = await tracked('Dockerfile', '*/Dockerfile');
  const report: { code: string; file: string; message: string }[] = JSON.parse(
    await outputOf(tools, 'hadolint', '-f', 'json', ...files),
  );
  return report.map(({ code, file, message }) => ({ tool: 'hadolint', rule: code, file, message }));
}

/** Every script, those that are put together for containers and for the host included, at the level of style. */
export async function shellcheck(tools: Tools, directory: string): Promise<Finding[]> {
  const generated = shipped().flatMap((topology) => Object.entries(scriptsOf(topology)));
  for (const [name, text] of generated) writeFileSync(join(directory, name), text);
  const paths = [...(await tracked('*.sh')), ...generated.map(([name]) => join(directory, name))];
  const options = ['--severity=style', '--format=json', '--shell'];
  const isBash = (path: string) => /^#!.*\bbash/.test(readFileSync(resolve(PROJECT, path), 'utf8'));
  const found: Finding[] = [];
  for (const shell of ['sh', 'bash']) {
    const scripts = paths.filter((path) => isBash(path) === (shell === 'bash'));
    const report: { file: string; line: number; code: number; message: string }[] = JSON.parse(
      await outputOf(tools, 'shellcheck', ...options, shell, ...scripts),
    );
    for (const { file, line, code, message } of report) {
      found.push({
        tool: 'shellcheck',
        rule: `SC${code}`,
        file: file.replace(`${directory}/`, ''),
        message: `line ${line}: ${message}`,
      });
    }
  }
  return found;
}

export async function checkov(tools: Tools): Promise<Finding[]> {
  const files = await tracked('Dockerfile', '*/Dockerfile', '.github/workflows/*');
  const options = [
    '--framework',
    'dockerfile',
    'github_actions',
    '--skip-download',
    '--quiet',
    '--compact',
    '-o',
    'json',
  ];
  const text = await outputOf(tools, 'checkov', ...files.flatMap((file) => ['--file', file]), ...options);
  const reports: { results: { failed_checks: Failed[] } }[] = [JSON.parse(text)].flat();
  return reports.flatMap(({ results }) =>
    results.failed_checks.map(
      ({ check_id: rule, check_name: message, repo_file_path: file }): Finding => ({
        tool: 'checkov',
        rule,
        file: file.replace(/^\//, ''),
        message,
      }),
    ),
  );
}

interface Failed {
  readonly check_id: string;
  readonly check_name: string;
  readonly repo_file_path: string;
}

/** Mozilla's intermediate profile, of a load balancer that runs. */
export async function sslyze(tools: Tools): Promise<Finding[]> {
  const edge = new NginxAlone('scan');
  try {
    await edge.start();
    const { hostname, bindAddress } = edge.place;
    const text = await outputOf(tools, 'sslyze', '--mozilla_config=intermediate', `${hostname}:443{${bindAddress}}`);
    const verdict = /Checking results against Mozilla[\s\S]*/.exec(text)?.[0];
    if (verdict === undefined) throw new Error(`sslyze has not judged:\n${text}`);
    return [...verdict.matchAll(/^\s+\* (\w+): (.*)$/gm)].map(([, rule = '', message = '']) => ({
      tool: 'sslyze',
      rule,
      file: 'load balancer',
      message,
    }));
  } finally {
    await edge.remove();
  }
}

/** Scripts that are put together for containers and the Docker host, by a name for each. */
function scriptsOf(topology: Topology): Record<string, string> {
  const { environment, jobs, loadBalancer } = topology;
  return Object.fromEntries([
    ...jobsInOrder(jobs).map(({ name, script }) => [`${name}.sh`, script]),
    [`${loadBalancer.containerName}.sh`, loadBalancer.entrypoint.at(-1) ?? ''],
    [`${environment}-health.sh`, loadBalancer.configuration.files['health.sh'] ?? ''],
    [`${environment}-network-rules.sh`, networkRulesScript(topology)],
  ]);
}

function shipped(): Topology[] {
  return loadEnvironments(join(PROJECT, 'config')).map((environment) =>
    deriveTopology(environment, readAssets(environment)),
  );
}

async function tracked(...patterns: readonly string[]): Promise<string[]> {
  return (await run('git', ['ls-files', '--', ...patterns], { cwd: PROJECT })).stdout.split('\n').filter(Boolean);
}
