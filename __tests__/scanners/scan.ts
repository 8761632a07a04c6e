import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand, UserError } from '../../cli/setup/errors';
import { print, step } from '../../cli/setup/progress';
import { EXCEPTIONS, type Exception } from './exceptions';
import { type Finding, installScanners } from './findings';
import { checkov, gixy, hadolint, shellcheck, sslyze } from './scanners';

/**
 * `make scan`: what scanners find in the generated nginx.conf of every environment, in Dockerfiles, workflows and shell scripts, and at a load
 * balancer that runs; exit code 1 where that is not on the list of exceptions, or where an exception is of no use any more.
 */
runCommand(async () => {
  const tools = await step('Scanners', installScanners);
  const directory = mkdtempSync(join(tmpdir(), 'scan-'));
  const findings: Finding[] = [];
  try {
    for (const [name, scan] of Object.entries({ gixy, hadolint, shellcheck, checkov, sslyze })) {
      findings.push(...(await step(name, () => scan(tools, directory))));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
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
