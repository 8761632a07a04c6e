import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from '../../cli/setup/process';
import { placeOf } from '../support/places';
import { docker, Workspace } from '../support/workspace';

// On a machine that has neither Terraform nor OpenTofu, the commands work with an OpenTofu that the set-up fetches.
const { name: NAME, hostname, bindAddress, subnet } = placeOf('e2e-no-terraform');
const ABSENT = ['terraform', 'tofu'];
const CONFIGURATION = `[network]
subnet = "${subnet}"

[identity_server]
distribution = "sandbox"
memory_mb = 1280
heap_mb = 512

[load_balancer]
hostname = "${hostname}"
bind_address = "${bindAddress}"
`;

const workspace = new Workspace();
const variables = { PATH: pathWithout(ABSENT), TERRAFORM_BINARY_NAME: undefined };

/** The PATH of this machine, with folders of links in the place of those that have one of these programs. */
function pathWithout(programs: readonly string[]): string {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder, index) => {
      if (!programs.some((program) => existsSync(join(folder, program)))) return folder;
      const links = workspace.path('path', String(index));
      mkdirSync(links, { recursive: true });
      for (const name of readdirSync(folder)) {
        if (!programs.includes(name)) symlinkSync(join(folder, name), join(links, name));
      }
      return links;
    })
    .join(delimiter);
}

async function containers(): Promise<string[]> {
  const names = await docker(
    'ps',
    '--filter',
    `label=wso2-is-active-active.environment=${NAME}`,
    '--format',
    '{{.Names}}',
  );
  return names.split('\n').filter(Boolean).sort();
}

afterAll(() => workspace.dispose(), 120_000);

test('make up fetches OpenTofu and brings the pair up', async () => {
  await workspace.configure(NAME, CONFIGURATION);
  const { stderr } = await workspace.make('up', NAME, variables);
  expect(stderr).toContain('Set-up complete: OpenTofu 1.12.6, ');
  expect(await containers()).toEqual(
    ['database', 'load-balancer', 'node-1', 'node-2'].map((name) => `${NAME}-${name}`),
  );
}, 1_800_000);

test('make plan uses it again and has nothing to change', async () => {
  const { stdout, stderr } = await workspace.make('plan', NAME, variables);
  expect(stdout).toContain('Nothing to change.');
  expect(stderr).toContain('Set-up complete: OpenTofu 1.12.6, ');
  expect(stderr).not.toMatch(/Downloading|Building/);
}, 300_000);

test('plain cdktf uses it as well, with the variables that make setup prints', async () => {
  workspace.useCdktf();
  const { stdout: exports } = await workspace.make('setup', NAME, variables);
  expect(exports).toMatch(/^export TERRAFORM_BINARY_NAME='\/.*\/opentofu-1\.12\.6-\w+\/tofu'$/m);
  const command = `${exports}exec "$0" diff ${NAME}-node-1 --skip-provider-lock`;
  const options = { cwd: workspace.directory, env: { ...variables, CHECKPOINT_DISABLE: '1', CI: 'true' } };
  expect((await run('sh', ['-c', command, workspace.cdktf], options)).stdout).toContain('No changes.');
}, 300_000);

test('make down removes everything', async () => {
  await workspace.make('down', NAME, variables);
  expect(await docker('ps', '--all', '--quiet', '--filter', `label=wso2-is-active-active.environment=${NAME}`)).toBe(
    '',
  );
}, 300_000);
