import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, createWriteStream, mkdirSync, statSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { InterruptedError, UserError } from './errors';
import { passOn } from './progress';
import { withResolvers } from './with-resolvers';

/** How to run a command. */
export interface RunOptions {
  /** Added to this process's environment; `undefined` removes a variable. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Text for the command's standard input. @default - no input */
  readonly input?: string;
  /** Also shows the output while the command runs. */
  readonly stream?: boolean;
  /** Put before each line that is shown, which is then shown when it is whole. @default - nothing */
  readonly prefix?: string;
  /** Also writes both outputs to this file, as they come. */
  readonly logFile?: string;
  /** Milliseconds after which the command is stopped. @default - no limit */
  readonly timeoutMs?: number;
  /** Milliseconds within which the command must have printed something. @default - no limit */
  readonly firstOutputMs?: number;
  /** Called whenever the command prints something. @default - nobody is told */
  readonly onOutput?: () => void;
  /** Ends the command as Ctrl-C would, which lets it finish what it is in the middle of; the reason is a text. @default - nothing does */
  readonly abort?: AbortSignal;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
}

const SHOWN_LINES = 30;
const KILL_AFTER_MS = 10_000;

/** A command that could not be started, failed, or was stopped for taking too long. Never holds environment values. */
export class CommandError extends UserError {
  override name = 'CommandError';

  constructor(
    readonly command: readonly string[],
    /** undefined when the command was not started, or ended by a signal. */
    readonly exitCode: number | undefined,
    readonly reason: string,
    /** Last lines of the error output, or of both where a log holds both or where there is no error output. */
    readonly lastLines: readonly string[],
    readonly logFile?: string,
  ) {
    super(
      [
        `${command.join(' ')}: ${reason}`,
        ...lastLines.map((line) => `  ${line}`),
        ...(logFile === undefined ? [] : [`Full output: ${logFile}`]),
      ].join('\n'),
    );
  }
}

/** Whether a program can be started by this name: an executable file on the PATH, or the path of one. */
export function isInstalled(program: string): boolean {
  const folders = program.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.some((folder) => {
    const file = folder === '' ? program : join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
}

/**
 * Runs a program without a shell and returns what it printed.
 *
 * @throws CommandError unless the program ends with exit code 0
 * @throws InterruptedError when the user pressed Ctrl-C; by then the program has ended
 */
export function run(program: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
  const command = [program, ...args];
  const { promise, resolve, reject } = withResolvers<RunResult>();
  // Before the program starts: a signal that came in between would end us and leave it running.
  const entry: RunningCommand = {};
  running.add(entry);
  listenForSignals();
  // Its own process group, so that Ctrl-C reaches it once and through us: a second interrupt makes Terraform abandon its state.
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: definedOnly({ ...process.env, ...options.env }),
    detached: true,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  entry.child = child;

  const output = { stdout: '', stderr: '' };
  let both = '';
  const show = linesWith(options.prefix);
  const log = openLog(options.logFile);
  const timers: NodeJS.Timeout[] = [];
  let stopped: string | undefined;
  const limit = (ms: number | undefined, reason: string) => {
    if (ms === undefined) return undefined;
    const timer = setTimeout(() => {
      stopped = `${reason} within ${ms / 1000} s`;
      stop(child, 'SIGTERM');
    }, ms);
    timers.push(timer);
    return timer;
  };
  limit(options.timeoutMs, 'did not end');
  const firstOutput = limit(options.firstOutputMs, 'printed nothing');
  const abort = () => {
    stopped = String(options.abort?.reason);
    stop(child, 'SIGINT');
  };
  options.abort?.addEventListener('abort', abort);
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      clearTimeout(firstOutput);
      options.onOutput?.();
      output[name] += chunk;
      both += chunk;
      log?.write(chunk);
      if (options.stream) show(name, chunk);
    });
  }
  // A program that ends before it has read its input is judged by its exit code.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input);

  const finish = (settle: () => void) => {
    timers.forEach(clearTimeout);
    options.abort?.removeEventListener('abort', abort);
    running.delete(entry);
    listenForSignals();
    if (log) log.end(settle);
    else settle();
  };
  const fail = (reason: string, exitCode?: number) => {
    const lines = lastLines(log || output.stderr.trim() === '' ? both : output.stderr);
    reject(new CommandError(command, exitCode, reason, lines, options.logFile));
  };
  child.once('error', (error: NodeJS.ErrnoException) => {
    finish(() => fail(error.code === 'ENOENT' ? `${program} was not found` : error.message));
  });
  child.once('close', (code, signal) => {
    finish(() => {
      if (entry.interruptedBy) reject(new InterruptedError(entry.interruptedBy));
      else if (stopped) fail(stopped);
      else if (code === 0) resolve(output);
      else if (code === null) fail(`ended by ${signal}`);
      else fail(`exit code ${code}`, code);
    });
  });
  return promise;
}

/** Stops the commands that `run` started and that are still running; each of them then rejects with an InterruptedError. */
export function stopRunningCommands(signal: NodeJS.Signals = 'SIGTERM'): void {
  for (const entry of running) {
    entry.interruptedBy = signal;
    if (entry.child) stop(entry.child, signal);
  }
}

interface RunningCommand {
  child?: ChildProcess;
  interruptedBy?: NodeJS.Signals;
}

const running = new Set<RunningCommand>();

/** Signals are ours only while a command runs; at other times Ctrl-C ends this process as usual. */
function listenForSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeListener(signal, stopRunningCommands);
    if (running.size > 0) process.on(signal, stopRunningCommands);
  }
}

function stop(child: ChildProcess, signal: NodeJS.Signals): void {
  signalGroup(child, signal);
  // Ctrl-C lets a command finish what it is in the middle of, however long; anything else is a deadline.
  if (signal === 'SIGINT') return;
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), KILL_AFTER_MS);
  child.once('close', () => clearTimeout(timer));
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, osConstants.signals[signal]);
  } catch {
    // It has just ended.
  }
}

/** Shows a command's output, with a prefix line by line: those of several commands would be mixed in one line otherwise. */
function linesWith(prefix = '') {
  if (prefix === '') return passOn;
  const begun = { stdout: '', stderr: '' };
  return (stream: 'stdout' | 'stderr', chunk: string) => {
    const lines = `${begun[stream]}${chunk}`.split('\n');
    begun[stream] = lines.pop() as string;
    if (lines.length > 0) passOn(stream, lines.map((line) => (line === '' ? '\n' : `${prefix}${line}\n`)).join(''));
  };
}

function openLog(file: string | undefined) {
  if (file === undefined) return undefined;
  mkdirSync(dirname(file), { recursive: true });
  return createWriteStream(file, { flags: 'a' });
}

function lastLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .map((line) => line.slice(line.lastIndexOf('\r') + 1))
    .filter((line) => line !== '')
    .slice(-SHOWN_LINES);
}

function definedOnly(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}
