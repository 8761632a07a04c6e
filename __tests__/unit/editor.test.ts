import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT, temporaryDirectory } from '../support/synth';

/** Taplo is the engine of the TOML plug-ins of editors: what it says, they underline. */
const TAPLO = join(PROJECT, 'node_modules', '.bin', 'taplo');
const SCHEMA = 'environment.schema.json';

const SERVER = '[identity_server]\ndistribution = "sandbox"\n';
const BALANCER = '[load_balancer]\nhostname = "is.bank.example"\n';
const MISTAKES: readonly (readonly [string, string, string])[] = [
  ['unknown-key', `${SERVER}nodez = 3\n${BALANCER}`, 'nodez'],
  ['unknown-table', `${SERVER}${BALANCER}[databse]\n`, 'databse'],
  ['missing-key', `${SERVER}[load_balancer]\n`, '"hostname" is a required property'],
  ['wrong-type', `${SERVER}nodes = "three"\n${BALANCER}`, '"three" is not of type "integer"'],
  ['value-out-of-range', `${SERVER}nodes = 1\n${BALANCER}`, '1 is less than the minimum of 2'],
  ['unknown-choice', `${SERVER}${BALANCER}affinity = "sticky"\n`, '"sticky" is not one of ["cookie","none"]'],
];

function lint(cwd: string, files: readonly string[]): { exitCode: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(TAPLO, ['lint', '--no-auto-config', ...files], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, RUST_LOG: 'error' },
  });
  return { exitCode: status, output: `${stdout}${stderr}` };
}

test('editors have nothing to say about the shipped configuration', () => {
  const directory = join(PROJECT, 'config');
  const files = readdirSync(directory).filter((file) => file.endsWith('.toml'));
  expect(lint(directory, files)).toEqual({ exitCode: 0, output: '' });
}, 60_000);

describe('the #:schema line lets editors underline', () => {
  const directory = temporaryDirectory('taplo-');
  let findings: string[];

  beforeAll(() => {
    copyFileSync(join(PROJECT, 'config', SCHEMA), join(directory, SCHEMA));
    for (const [name, toml] of MISTAKES) {
      writeFileSync(join(directory, `${name}.toml`), `#:schema ./${SCHEMA}\n${toml}`);
    }
    const { exitCode, output } = lint(
      directory,
      MISTAKES.map(([name]) => `${name}.toml`),
    );
    expect(exitCode).toBe(1);
    findings = output.split(/^(?=error:)/m);
  }, 60_000);

  test.each(MISTAKES)('%s', (name, _, finding) => {
    expect(findings.filter((text) => text.includes(`${name}.toml`)).join('')).toContain(finding);
  });
});
