import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterObstacle } from '../../cli/cluster/cluster';
import { ensureComponents } from '../../cli/cluster/components';
import { ensureEngine, stopStartedEngine } from '../../cli/setup/engine';
import { ensureSetup } from '../../cli/setup/ensure-setup';
import { InterruptedError, runCommand, UserError } from '../../cli/setup/errors';
import { CommandError, run } from '../../cli/setup/process';
import { print, step } from '../../cli/setup/progress';
import { sandboxImageTags } from '../../images/tags';
import { PLACES } from '../support/places';
import { PROJECT, removeEnvironment } from '../support/workspace';
import { type EndToEndFile, inOrder, nextOf } from './schedule';

/**
 * Files that run side by side. While one waits for a server to start or for a health check, the other has the processors; a third one
 * would only make both slower.
 */
const AT_ONCE = Math.min(2, availableParallelism());

/**
 * What `make test` runs after `make check`: the end-to-end tests on a real engine, two files side by side, each in a process of its own.
 * Without an engine, or without what the test cluster needs, it says what did not run; with CI set that is a failure. An engine that was
 * started for the tests is stopped after them.
 */
runCommand(async () => {
  const obstacle = clusterObstacle();
  if (obstacle !== undefined) tellNotRun('THE END-TO-END TESTS ON KUBERNETES WILL NOT RUN', obstacle);
  const setup = await endToEndSetup();
  if ('missing' in setup) return tellNotRun('THE END-TO-END TESTS WERE NOT RUN', setup.missing);
  try {
    await runAll({ onCluster: obstacle === undefined });
  } finally {
    if (setup.startedEngine) await stopStartedEngine();
  }
});

/** @throws UserError that says it, with CI set */
function tellNotRun(what: string, reason: string): void {
  const notice = `${what}: ${reason}`;
  if (process.env.CI) throw new UserError(notice);
  console.error(`\n${notice}`);
}

/** Sets up what the end-to-end tests need; says why they cannot run, if they cannot. */
async function endToEndSetup(): Promise<{ startedEngine: boolean } | { missing: string }> {
  try {
    const { started } = await ensureEngine();
    await ensureSetup({ images: Object.values(sandboxImageTags()) });
    return { startedEngine: started };
  } catch (error) {
    if (error instanceof UserError) return { missing: error.message };
    throw error;
  }
}

/** Files that failed and get a second run. More than these are no accident. */
const SECOND_RUNS = 2;

/**
 * Runs every file, also after one that failed. A file that failed while another one had half of the processors runs once more, alone;
 * the end of the output names what passed only then. The programs of the test cluster are built meanwhile, where they are not there yet.
 *
 * @param run.onCluster whether those that need the test cluster run, too
 * @throws UserError with the names of the tests that failed
 */
async function runAll({ onCluster }: { readonly onCluster: boolean }): Promise<void> {
  const names = readdirSync(__dirname).flatMap((file) => /^(.*)\.test\.ts$/.exec(file)?.[1] ?? []);
  const waiting = inOrder(names).filter((file) => onCluster || !file.onCluster);
  const planned = waiting.length;
  const running = new Map<EndToEndFile, Promise<void>>();
  const failed: Result[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'end-to-end-'));
  let tests = 0;
  let interrupted: unknown;
  let clusterBuilt = false;
  const building = (onCluster ? ensureComponents() : Promise.resolve())
    // The file that needs them says then why they cannot be built.
    .catch(() => undefined)
    .then(() => {
      clusterBuilt = true;
    });
  const begin = (file: EndToEndFile) => {
    waiting.splice(waiting.indexOf(file), 1);
    const ended = runFile(file, folder)
      .then((result) => {
        tests += result.tests;
        if (result.failures.length > 0) failed.push(result);
      })
      .catch((error: unknown) => {
        interrupted ??= error;
      })
      .finally(() => running.delete(file));
    running.set(file, ended);
  };
  try {
    while (waiting.length + running.size > 0) {
      for (let next = nextIfFree(); next !== undefined; next = nextIfFree()) begin(next);
      await Promise.race([...running.values(), ...(clusterBuilt ? [] : [building])]);
      if (interrupted !== undefined) {
        await Promise.all(running.values());
        throw interrupted;
      }
    }
    const first = listOf(failed.flatMap(({ failures }) => failures));
    if (AT_ONCE > 1 && failed.length > 0 && failed.length <= SECOND_RUNS) {
      print(`\nFailed beside another file, and run once more alone:\n${first}\n`);
      for (const { file } of failed.splice(0)) {
        const result = await runFile(file, folder);
        if (result.failures.length > 0) failed.push(result);
      }
    }
    const failures = failed.flatMap((result) => result.failures);
    if (failures.length > 0) {
      throw new UserError(`\n${failures.length} end-to-end tests failed:\n${listOf(failures)}`);
    }
    print(`End-to-end tests passed: ${tests} in ${planned} files`);
    if (first !== '') print(`Of these, failed beside another file and passed alone:\n${first}`);
  } finally {
    rmSync(folder, { recursive: true });
  }

  function nextIfFree(): EndToEndFile | undefined {
    return running.size < AT_ONCE ? nextOf(waiting, [...running.keys()], clusterBuilt) : undefined;
  }
}

/** Runs one file, and shows what it said when it has ended: of two at once, lines would be mixed. */
async function runFile(which: EndToEndFile, folder: string): Promise<Result> {
  const { name } = which;
  const file = `__tests__/e2e/${name}.test.ts`;
  const [logFile, resultFile] = [join(folder, `${name}.log`), join(folder, `${name}.json`)];
  // Of a run before this one.
  rmSync(resultFile, { force: true });
  // A pattern is a regular expression, and one name may be the end of another.
  const pattern = `/${file.replaceAll('.', '\\.')}$`;
  const args = [pattern, '--runInBand', '--verbose', '--testTimeout=180000', '--json', '--outputFile', resultFile];
  const jest = () => run(join(PROJECT, 'node_modules', '.bin', 'jest'), args, { cwd: PROJECT, logFile });
  try {
    await step(name, jest);
    return { file: which, ...resultIn(resultFile, file) };
  } catch (error) {
    if (error instanceof InterruptedError || !(error instanceof CommandError)) throw error;
    // Whatever it has left takes memory and processors from those that come after it.
    for (const place of placesOf(file)) await removeEnvironment(place);
    return { file: which, ...resultIn(resultFile, file) };
  } finally {
    if (existsSync(logFile))
      print(
        readFileSync(logFile, 'utf8')
          .replace(/^Test results written to.*\n/m, '')
          .trimEnd(),
      );
  }
}

/** What Jest wrote; a file that wrote nothing, or that failed without a test, has failed itself. */
function resultIn(resultFile: string, file: string): Omit<Result, 'file'> {
  if (!existsSync(resultFile)) return { tests: 0, failures: [`${file} did not run to its end`] };
  const { success, testResults } = JSON.parse(readFileSync(resultFile, 'utf8')) as JestResult;
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failures = tests.filter(({ status }) => status === 'failed').map(({ fullName }) => `${file}: ${fullName}`);
  if (!success && failures.length === 0) failures.push(`${file} could not run`);
  return { tests: tests.length, failures };
}

/** The environments that a file names. */
function placesOf(file: string): string[] {
  const text = readFileSync(join(PROJECT, file), 'utf8');
  return PLACES.map(({ name }) => name).filter((name) => text.includes(`'${name}'`));
}

function listOf(names: readonly string[]): string {
  return names.map((each) => `  ${each}`).join('\n');
}

interface Result {
  readonly file: EndToEndFile;
  readonly tests: number;
  /** Names of the tests that failed, with their file. */
  readonly failures: readonly string[];
}

interface JestResult {
  readonly success: boolean;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}
