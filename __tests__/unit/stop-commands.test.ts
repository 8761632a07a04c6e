import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT, temporaryDirectory } from '../support/synth';

// What is shown of somebody's text gives GitHub no order; what the user's own step says afterwards does.
const GITHUB = { ...process.env, GITHUB_ACTIONS: 'true' };
const LIFTED = /^::stop-commands::([\w-]{16,})\n(?:.*\n)*::\1::\n$/;
const folder = temporaryDirectory('stop-commands-');
mkdirSync(join(folder, 'tools'));
cpSync(join(PROJECT, '.github', 'scripts'), join(folder, 'scripts'), { recursive: true });
for (const name of ['node_modules', 'typescript.cjs']) symlinkSync(join(PROJECT, name), join(folder, name));

/** @param signal sent once the file `ready` is there */
async function ended(command: string[], signal?: NodeJS.Signals): Promise<{ code: number | null; said: string }> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd: folder, env: GITHUB, stdio: ['ignore', 'ignore', 'pipe'] });
  rmSync(join(folder, 'ready'), { force: true });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  if (signal !== undefined) {
    while (!existsSync(join(folder, 'ready')) && child.exitCode === null) await sleep(20);
    child.kill(signal);
  }
  return { code: await closed, said };
}

describe('a command', () => {
  const command = (main: string, ...further: string[]): string[] => {
    const script = join(folder, 'main.ts');
    const errors = join(PROJECT, 'cli', 'setup', 'errors');
    writeFileSync(script, `import { runCommand } from '${errors}';\nrunCommand(${[main, ...further].join(', ')});`);
    return ['node', '--require', join(PROJECT, 'typescript.cjs'), script];
  };

  test.each([
    ['that succeeds', 'async () => {}', 0],
    ['that fails', 'async () => { throw new Error("##[add-mask]a"); }', 1],
  ])('%s lifts the order at its end', async (_, main, code) => {
    const result = await ended(command(main));
    expect(result).toEqual({ code, said: expect.stringMatching(LIFTED) });
  });

  test('that is interrupted between two programs lifts it, too', async () => {
    const waiting = `() => { require('node:fs').writeFileSync('ready', ''); return new Promise((done) => setTimeout(done, 15_000)); }`;
    const result = await ended(command(waiting, '"run it again"'), 'SIGINT');
    expect(result).toEqual({ code: 130, said: expect.stringMatching(LIFTED) });
    expect(result.said).toContain('interrupted: run it again');
  }, 20_000);
});

describe('run-tool.sh', () => {
  const tool = (text: string): string[] => {
    writeFileSync(join(folder, 'tools', 'tool.ts'), text);
    return ['scripts/run-tool.sh', 'tool', 'an argument'];
  };

  test('lifts the order at the end, and keeps arguments and exit code', async () => {
    const result = await ended(tool('console.error(process.argv[2]); process.exit(7);'));
    expect(result).toEqual({ code: 7, said: expect.stringMatching(LIFTED) });
    expect(result.said).toContain('\nan argument\n');
  }, 20_000);

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'passes %s on, and ends after the tool',
    async (signal) => {
      const text = `import { rmSync, writeFileSync } from 'node:fs';
      process.on('${signal}', () => setTimeout(() => { console.error('ended by ${signal}'); rmSync('ready'); process.exit(9); }, 300));
      setTimeout(() => {}, 15_000);
      writeFileSync('ready', '');`;
      const result = await ended(tool(text), signal);
      expect(result).toEqual({ code: 9, said: expect.stringMatching(LIFTED) });
      expect(result.said).toContain(`ended by ${signal}\n`);
    },
    20_000,
  );
});
