import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { needsTls } from '../../environment/engine-host';
import { cacheDirectory, withLock } from './cache';
import { UserError } from './errors';
import { canInstall, installPackages, type Machine, thisMachine } from './machine';
import { CommandError, isInstalled, run } from './process';
import { step } from './progress';

/** A Docker Engine that answers. */
export interface DockerEngine {
  readonly host: string;
  readonly version: string;
  /** As Go names it: amd64, arm64. */
  readonly architecture: string;
  /** Points the docker client, and Terraform's provider, at this engine. */
  readonly env: NodeJS.ProcessEnv;
  /** Whether this call started it; `stopStartedEngine` stops it. */
  readonly started: boolean;
}

const OLDEST = [20, 10] as const;
const ANSWER_TIMEOUT_MS = 20_000;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;
const POLL_MS = 250;

/**
 * Makes sure that a Docker Engine answers at `host` and that the docker client is there. A missing local engine is installed and
 * started where that is possible without asking: as root, on Debian and Ubuntu.
 *
 * @param host unix://, tcp:// or ssh:// address. @default - DOCKER_HOST, else the local socket
 * @throws UserError when no engine answers, or when it is older than 20.10
 */
export async function ensureEngine({ host }: { host?: string } = {}, machine = thisMachine()): Promise<DockerEngine> {
  const local = `unix://${machine.engineSocket}`;
  const wanted = host || process.env.DOCKER_HOST || local;
  requireTls(wanted);
  let answer = await ask(wanted);
  let started = false;
  if ('problem' in answer && wanted === local && canStart(machine)) {
    started = await withLock('engine', () => startLocalEngine(machine, local));
    answer = await ask(wanted);
  }
  if ('problem' in answer) throw new UserError(await noAnswer(wanted, answer.problem, wanted === local, machine));
  const [major = 0, minor = 0] = answer.version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new UserError(
      `the Docker Engine at ${wanted} is version ${answer.version}; ${OLDEST.join('.')} or newer is needed. Update it.`,
    );
  }
  requireClient();
  return { host: wanted, ...answer, env: clientVariables(wanted), started };
}

/** Without certificates both the client and the provider would speak to whoever answers, in clear text. */
function requireTls(host: string): void {
  if (!needsTls(host) || process.env.DOCKER_CERT_PATH) return;
  throw new UserError(
    `the Docker Engine at ${host} would be reached without TLS: whoever can do that is root on its machine. Set DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem, or use an ssh:// address.`,
  );
}

/**
 * Environment variables that point the docker client and Terraform's provider at an engine. With certificates in DOCKER_CERT_PATH the
 * provider uses TLS by itself; the client wants to be told.
 */
export function clientVariables(host: string): NodeJS.ProcessEnv {
  const tls = needsTls(host) || (host.startsWith('tcp://') && process.env.DOCKER_CERT_PATH);
  return { DOCKER_HOST: host, ...(tls && { DOCKER_TLS_VERIFY: '1' }) };
}

/**
 * Stops the engine that an earlier `ensureEngine` started as a plain background process, and waits until it has gone. Engines
 * that were there before, or that systemd runs, are left alone.
 *
 * @returns whether there was one to stop
 */
export async function stopStartedEngine(): Promise<boolean> {
  const file = recordFile();
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  const { pid } = JSON.parse(text) as StartedEngine;
  const running = isEngineProcess(pid);
  if (running) {
    await step('Stopping the Docker Engine that was started here', async () => {
      process.kill(pid, 'SIGTERM');
      const deadline = Date.now() + STOP_TIMEOUT_MS;
      while (isEngineProcess(pid)) {
        if (Date.now() > deadline) {
          throw new UserError(`the Docker Engine (process ${pid}) did not stop within ${STOP_TIMEOUT_MS / 1000} s.`);
        }
        await sleep(POLL_MS);
      }
    });
  }
  await rm(file, { force: true });
  return running;
}

interface StartedEngine {
  readonly pid: number;
}

type Answer = { readonly version: string; readonly architecture: string } | { readonly problem: string };

async function ask(host: string): Promise<Answer> {
  try {
    const answer = host.startsWith('unix://') ? await askSocket(host.slice('unix://'.length)) : await askClient(host);
    const { Version: version, Arch: architecture } = answer;
    return version && architecture ? { version, architecture } : { problem: 'what answers is not a Docker Engine' };
  } catch (error) {
    if (error instanceof CommandError) return { problem: error.lastLines.at(-1) ?? error.reason };
    if (error instanceof UserError) throw error;
    return { problem: socketProblem(error as NodeJS.ErrnoException) };
  }
}

interface EngineVersion {
  readonly Version?: string;
  readonly Arch?: string;
}

/** Without the client, so that a missing client and a missing engine are told apart. */
function askSocket(socketPath: string): Promise<EngineVersion> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: '/version', timeout: ANSWER_TIMEOUT_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => {
        try {
          resolve(JSON.parse(body) as EngineVersion);
        } catch {
          resolve({});
        }
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)));
    asked.on('error', reject);
    asked.end();
  });
}

async function askClient(host: string): Promise<EngineVersion> {
  requireClient();
  const { stdout } = await run('docker', ['version', '--format', '{{json .Server}}'], {
    env: clientVariables(host),
    timeoutMs: ANSWER_TIMEOUT_MS,
  });
  const server = JSON.parse(stdout) as EngineVersion | null;
  return server ?? {};
}

function socketProblem({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such socket';
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'EACCES') return 'permission denied';
  return message;
}

function requireClient(): void {
  if (isInstalled('docker')) return;
  throw new UserError(
    'docker (the Docker client) was not found on the PATH. Install it: the package docker-cli or docker.io on Debian and Ubuntu, docker-ce-cli from Docker, or Docker Desktop.',
  );
}

async function noAnswer(host: string, problem: string, isLocal: boolean, machine: Machine): Promise<string> {
  const what = `No Docker Engine answers at ${host}: ${problem}.`;
  if (!isLocal) {
    return `${what} Check the address ([engine] host in the configuration, or DOCKER_HOST), that the engine runs, and that you may reach it.`;
  }
  if (problem === 'permission denied') {
    return `${what} Add your user to the group "docker" and log in again, or run the command as root.`;
  }
  const other = await hostOfContext();
  if (other !== undefined && other !== host) {
    return `${what} The docker client's context points to ${other}: set DOCKER_HOST=${other} to use that engine.`;
  }
  if (isInstalled('dockerd')) return `${what} Docker Engine is installed: start it (sudo systemctl start docker).`;
  const automatic = machine.isLinux ? ' On Debian and Ubuntu this command installs it when run as root.' : '';
  return `${what} Install and start Docker Engine ${OLDEST.join('.')} or newer, or Docker Desktop; or name an engine elsewhere with DOCKER_HOST.${automatic}`;
}

/** Docker Desktop, Colima and rootless engines listen elsewhere; the client finds them by its context, Terraform does not. */
async function hostOfContext(): Promise<string | undefined> {
  if (!isInstalled('docker')) return undefined;
  const format = '{{.Endpoints.docker.Host}}';
  const answer = await run('docker', ['context', 'inspect', '--format', format], { timeoutMs: 5_000 }).catch(
    () => undefined,
  );
  return answer?.stdout.trim() || undefined;
}

function canStart(machine: Machine): boolean {
  return machine.isLinux && machine.isRoot && (isInstalled('dockerd') || canInstall(machine));
}

/** @returns whether it was started here, as a process of our own */
async function startLocalEngine(machine: Machine, host: string): Promise<boolean> {
  const isUp = async () => !('problem' in (await ask(host)));
  // Another command may have started it while this one waited for the lock.
  if (await isUp()) return false;
  if (!isInstalled('dockerd')) {
    await installPackages(['docker.io', 'iptables']);
    // From Debian 13 on, the client is a package of its own.
    if (!isInstalled('docker')) await installPackages(['docker-cli']);
  }
  if (machine.hasSystemd) {
    await step('Starting Docker Engine (systemctl start docker)', async () => {
      await run('systemctl', ['start', 'docker'], { timeoutMs: START_TIMEOUT_MS });
      await untilUp(isUp);
    });
    return false;
  }
  await step('Starting Docker Engine (dockerd, in the background)', () => startDaemon(isUp));
  return true;
}

async function startDaemon(isUp: () => Promise<boolean>): Promise<void> {
  const logFile = join(cacheDirectory(), 'dockerd.log');
  mkdirSync(cacheDirectory(), { recursive: true });
  const log = openSync(logFile, 'w');
  let daemon: ChildProcess;
  try {
    // A session of its own: it outlives this command and does not see its Ctrl-C.
    daemon = spawn('dockerd', [], { detached: true, env: process.env, stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
  let ended: string | undefined;
  daemon.once('error', (error) => {
    ended = error.message;
  });
  daemon.once('exit', (code, signal) => {
    ended = code === null ? `ended by ${signal}` : `exit code ${code}`;
  });
  daemon.unref();
  if (daemon.pid !== undefined) await writeFile(recordFile(), `${JSON.stringify({ pid: daemon.pid })}\n`);
  try {
    await untilUp(isUp, () => ended);
  } catch (error) {
    const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-10);
    throw new UserError(
      [(error as Error).message, ...lines.map((line) => `  ${line}`), `Full output: ${logFile}`].join('\n'),
    );
  }
}

async function untilUp(isUp: () => Promise<boolean>, ended: () => string | undefined = () => undefined): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isUp())) {
    const reason = ended();
    if (reason !== undefined) throw new UserError(`Docker Engine did not start: dockerd, ${reason}.`);
    if (Date.now() > deadline) {
      throw new UserError(`Docker Engine did not answer within ${START_TIMEOUT_MS / 1000} s after its start.`);
    }
    await sleep(POLL_MS);
  }
}

function recordFile(): string {
  return join(cacheDirectory(), 'engine.json');
}

/** The process id may have been given to another program since, and a dead process stays listed until its parent looks. */
function isEngineProcess(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return false;
  try {
    const [, name, state] = /\((.*)\) (\S)/s.exec(readFileSync(file, 'utf8')) ?? [];
    return name === 'dockerd' && state !== 'Z';
  } catch {
    return false;
  }
}
