import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DATABASE_ENGINES } from '../../catalogue/database-engines';
import { MAVEN_CHECKSUMS } from '../../catalogue/maven-checksums';
import { ensureBaseImage } from '../../cli/setup/base-image';
import { runCommand, UserError } from '../../cli/setup/errors';
import { download } from '../../cli/setup/maven';
import { ensureProviders, KUBERNETES_PROVIDERS, reachesRegistry } from '../../cli/setup/providers';
import { ensureSandboxImages } from '../../cli/setup/sandbox-images';
import { ensureTerraform, terraformVariables } from '../../cli/setup/terraform';
import { sandboxImageTags } from '../../images/tags';
import { failureOf, TestMachine } from '../support/machine';

let machine: TestMachine;
beforeEach(() => {
  machine = new TestMachine();
});
afterEach(() => machine.close());

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await failureOf(promise);
  expect(error).toBeInstanceOf(UserError);
  return error.message;
}

describe('Terraform', () => {
  const opentofu = 'console.log("OpenTofu v1.12.6\\non linux_amd64")';

  test('is named, but missing', async () => {
    machine.program('tofu', opentofu);
    process.env.TERRAFORM_BINARY_NAME = 'terraform-1.9';
    expect(await messageOf(ensureTerraform())).toMatchInlineSnapshot(
      `"terraform-1.9 (named by TERRAFORM_BINARY_NAME) was not found on the PATH. Install it, or unset the variable: then terraform, tofu, or an OpenTofu that is fetched is used."`,
    );
  });

  test('is missing, but OpenTofu is there', async () => {
    machine.program('tofu', opentofu);
    const expected = { binary: 'tofu', version: '1.12.6', isOpenTofu: true };
    expect(await ensureTerraform()).toEqual(expected);
    expect(terraformVariables(expected)).toEqual({
      TERRAFORM_BINARY_NAME: 'tofu',
    });
    process.env.TERRAFORM_BINARY_NAME = 'tofu';
    expect(await ensureTerraform()).toEqual(expected);
  });

  test('is too old, or something else', async () => {
    machine.program('terraform', 'console.log("Terraform v1.4.7\\non linux_amd64")');
    expect(await messageOf(ensureTerraform())).toMatchInlineSnapshot(
      `"Terraform 1.4.7 (terraform) is too old. Install Terraform 1.5 or newer (https://developer.hashicorp.com/terraform/install), or OpenTofu and set TERRAFORM_BINARY_NAME=tofu."`,
    );
    machine.program('terraform', 'console.log("hello")');
    expect(await messageOf(ensureTerraform())).toMatchInlineSnapshot(
      `"terraform version: neither Terraform nor OpenTofu. Install Terraform 1.5 or newer (https://developer.hashicorp.com/terraform/install), or OpenTofu and set TERRAFORM_BINARY_NAME=tofu."`,
    );
  });

  test('is found under a warning about its configuration', async () => {
    machine.program('terraform', 'console.log("Warning: x\\nTerraform v1.11.4\\non linux_amd64")');
    const expected = {
      binary: 'terraform',
      version: '1.11.4',
      isOpenTofu: false,
    };
    expect(await ensureTerraform()).toEqual(expected);
    expect(terraformVariables(expected)).toEqual({});
  });
});

describe('variables that change what Terraform does', () => {
  test.each([
    ['TF_CLI_ARGS', '-destroy'],
    ['TF_CLI_ARGS_plan', '-target=docker_container.node'],
    ['TF_CLI_ARGS_apply', '-auto-approve'],
    ['TF_WORKSPACE', 'other'],
    ['TF_DATA_DIR', '/tmp/shared'],
    ['TF_REATTACH_PROVIDERS', '{}'],
  ])('are refused: %s', async (name, value) => {
    machine.program('terraform', 'console.log("Terraform v1.11.4\\non linux_amd64")');
    process.env[name] = value;
    expect(await messageOf(ensureTerraform())).toContain(`${name} would change what Terraform plans and applies`);
  });

  test('are none where they are empty, or say how the state is found', async () => {
    machine.program('terraform', 'console.log("Terraform v1.11.4\\non linux_amd64")');
    Object.assign(process.env, { TF_CLI_ARGS_init: '-backend-config=x.hcl', TF_WORKSPACE: 'default', TF_CLI_ARGS: '' });
    expect((await ensureTerraform()).version).toBe('1.11.4');
  });
});

describe('providers', () => {
  const terraform = {
    binary: 'terraform',
    version: '1.11.4',
    isOpenTofu: false,
  };
  const noRegistry = 'console.error("could not connect to registry.terraform.io"); process.exit(1)';

  test('no registry and no Go', async () => {
    machine.program('terraform', noRegistry);
    expect(await messageOf(ensureProviders(terraform))).toMatchInlineSnapshot(
      `"go was not found on the PATH. Terraform cannot reach its provider registry, so the providers are built from source: install Go 1.21 or newer (https://go.dev/doc/install), or set TF_CLI_CONFIG_FILE to a configuration with your own provider mirror."`,
    );
  });

  test('no registry and an old Go', async () => {
    machine.program('terraform', noRegistry);
    machine.program('go', 'console.log("linux\\namd64\\ngo1.19.8")');
    expect(await messageOf(ensureProviders(terraform))).toMatchInlineSnapshot(
      `"go1.19.8 is too old to build the Terraform providers. Install Go 1.21 or newer (https://go.dev/doc/install)."`,
    );
  });

  test('a configuration of the user is left alone; one that does not exist is none', async () => {
    machine.program('terraform', noRegistry);
    process.env.TF_CLI_CONFIG_FILE = machine.file('mine.tfrc', '');
    expect(await ensureProviders(terraform)).toEqual({});
    process.env.TF_CLI_CONFIG_FILE = machine.path('missing.tfrc');
    expect(await messageOf(ensureProviders(terraform))).toContain('go was not found');
  });
});

test('what environments of one platform need is neither built nor asked for by those of the other', async () => {
  machine.program('terraform', 'console.error("could not connect"); process.exit(1)');
  machine.program(
    'go',
    `const [command] = process.argv.slice(2);
    const file = process.argv[process.argv.indexOf('-o') + 1];
    const { appendFileSync, mkdirSync } = require('node:fs');
    if (command === 'env') console.log('linux\\namd64\\ngo1.24.1');
    if (command !== 'build') process.exit(0);
    mkdirSync(require('node:path').dirname(file), { recursive: true });
    appendFileSync(file, '');
    appendFileSync(${JSON.stringify(machine.path('built'))}, process.argv.at(-1) + '\\n');`,
  );
  const terraform = { binary: 'terraform', version: '1.11.4', isOpenTofu: false };
  const first = (await ensureProviders(terraform)).TF_CLI_CONFIG_FILE as string;
  const other = (await ensureProviders(terraform, KUBERNETES_PROVIDERS)).TF_CLI_CONFIG_FILE as string;
  expect(fs.readFileSync(machine.path('built'), 'utf8').trim().split('\n')).toEqual([
    'github.com/terraform-providers/terraform-provider-docker',
    'github.com/terraform-providers/terraform-provider-local',
    'github.com/gavinbunney/terraform-provider-kubectl',
  ]);
  const [docker, kubernetes] = [first, other].map((file) => fs.readFileSync(file, 'utf8'));
  expect(docker).not.toContain('gavinbunney/kubectl');
  const sources = '["registry.terraform.io/gavinbunney/kubectl","registry.opentofu.org/gavinbunney/kubectl"]';
  expect(kubernetes).toContain(`include = ${sources}`);
  expect(kubernetes).toContain(`exclude = ${sources}`);
  expect(kubernetes).not.toContain('kreuzwerker/docker');
  const path = 'registry.opentofu.org/gavinbunney/kubectl/1.19.0/linux_amd64/terraform-provider-kubectl_v1.19.0';
  expect(fs.existsSync(`${other.replace(/\.tfrc$/, '')}/${path}`)).toBe(true);
  // A shell has the variable of the other platform after eval "$(make -s setup)".
  process.env.TF_CLI_CONFIG_FILE = first;
  expect(await ensureProviders(terraform)).toEqual({});
  expect(await ensureProviders(terraform, KUBERNETES_PROVIDERS)).toEqual({ TF_CLI_CONFIG_FILE: other });
});

test('the registry is reached where Terraform gets an answer from it', async () => {
  machine.close();
  machine = new TestMachine(true);
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        versions: [{ version: '2.9.0', protocols: ['5.0'], platforms: [] }],
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const registryAt = (address: string) => ({
    TF_CLI_CONFIG_FILE: machine.file(
      'host.tfrc',
      ['registry.terraform.io', 'registry.opentofu.org']
        .map((name) => `host "${name}" {\n  services = { "providers.v1" = "${address}/" }\n}\n`)
        .join(''),
    ),
  });
  const terraform = await ensureTerraform();
  expect(await reachesRegistry(terraform, registryAt(`http://127.0.0.1:${port}`))).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(await reachesRegistry(terraform, registryAt(`http://127.0.0.1:${port}`))).toBe(false);
}, 20_000);

describe('sandbox images', () => {
  const tags = sandboxImageTags();

  test('nothing is built when all are there', async () => {
    machine.program(
      'docker',
      `if (process.argv[3] !== 'ls') process.exit(1); console.log(${JSON.stringify(Object.values(tags).join('\n'))})`,
    );
    await ensureSandboxImages({ dockerEnv: {}, tags });
  });

  test('Maven is missing', async () => {
    machine.program('docker', `if (process.argv[3] !== 'ls') process.exit(1); console.log('debian:trixie-slim')`);
    expect(await messageOf(ensureSandboxImages({ dockerEnv: {}, tags }))).toMatchInlineSnapshot(
      `"mvn was not found on the PATH. Maven downloads the server for the sandbox image: install Maven 3.6 or newer (package maven)."`,
    );
  });

  test('a build that fails shows its last lines and where all of them are', async () => {
    machine.program(
      'docker',
      `if (process.argv[3] === 'ls') console.log('debian:trixie-slim');
       else { console.log('Step 1/9'); console.error('apt-get: no network'); process.exit(1); }`,
    );
    const message = await messageOf(ensureSandboxImages({ dockerEnv: {}, tags: { nginx: tags.nginx } }));
    expect(message).toContain('exit code 1\n  Step 1/9\n  apt-get: no network\n');
    expect(message).toContain(`Full output: ${machine.path('cache/wso2-is-active-active/logs/nginx.log')}`);
  });

  test('the build gets base image, files and artifacts', async () => {
    const seen = machine.path('seen.json');
    machine.program(
      'docker',
      `const fs = require('node:fs');
       const args = process.argv.slice(2);
       if (args[1] === 'ls') console.log('debian:trixie-slim');
       else fs.writeFileSync(${JSON.stringify(
         seen,
       )}, JSON.stringify({ args, files: fs.readdirSync(args.at(-1), { recursive: true }) }));`,
    );
    machine.program(
      'mvn',
      `const folder = process.argv.at(-1).split('=')[1];
       require('node:fs').writeFileSync(folder + '/thing-1.0.zip', 'zip');`,
    );
    machine.file('images/nginx/Dockerfile', 'ARG BASE_IMAGE\n');
    machine.file('images/nginx/artifacts.json', '[{ "coordinates": "org:thing:1.0:zip", "file": "thing.zip" }]');
    const directory = machine.path('images');
    await ensureSandboxImages({
      dockerEnv: {},
      tags: { nginx: 'trial:1' },
      directory,
    });
    const { args, files } = JSON.parse(require('node:fs').readFileSync(seen, 'utf8'));
    expect(args.slice(0, -1)).toEqual([
      'build',
      '--force-rm',
      '--build-arg',
      'BASE_IMAGE=debian:trixie-slim',
      '--label',
      'wso2-is-active-active.sandbox-image=nginx',
      '--tag',
      'trial:1',
    ]);
    expect(files.sort()).toEqual(['Dockerfile', 'artifacts', 'artifacts.json', 'artifacts/thing.zip']);
  });
});

describe('a file from a Maven repository', () => {
  const answering = (content: string) =>
    machine.program(
      'mvn',
      `const folder = process.argv.at(-1).split('=')[1];
       require('node:fs').writeFileSync(folder + '/driver-1.0.jar', ${JSON.stringify(content)});`,
    );
  const sha256 = createHash('sha256').update('right').digest('hex');

  test('is taken with the content that is expected, and with no other', async () => {
    answering('evil');
    expect(await messageOf(download('org:driver:1.0:jar', { sha256 }))).toMatchInlineSnapshot(
      `"org:driver:1.0:jar is not what it should be: its SHA-256 is b5c1fb2efc6d6b4674c2fdcc48ce01b43a3b7c03763c0c3355de0099ee0f8c73, expected 27042f4e6eca7d0b2a7ee4026df2ecfa51d3339e6d122aa099118ecd8563bad9. It was not used. Find out which Maven repository has answered (mvn --version, and your settings.xml), and why it has another file."`,
    );
    answering('right');
    expect(fs.readFileSync(await download('org:driver:1.0:jar', { sha256 }), 'utf8')).toBe('right');
  });

  test('is compared again each time that it is used', async () => {
    answering('right');
    fs.writeFileSync(await download('org:driver:1.0:jar'), 'evil');
    expect(await messageOf(download('org:driver:1.0:jar', { sha256 }))).toContain('is not what it should be');
  });

  test('is known by its content where nobody has named it: every driver that is built in, and what the sandbox is made of', () => {
    const drivers = Object.values(DATABASE_ENGINES).map(
      ({ driverArtifact, driverVersion }) => `${driverArtifact}:${driverVersion}:jar`,
    );
    const parts = JSON.parse(fs.readFileSync('images/sandbox/identity-server/artifacts.json', 'utf8'));
    const taken = [...drivers, ...parts.map(({ coordinates }: { coordinates: string }) => coordinates)];
    expect(taken.filter((coordinates) => !/^[0-9a-f]{64}$/.test(MAVEN_CHECKSUMS[coordinates] ?? ''))).toEqual([]);
  });
});

describe('a base image made of packages', () => {
  const seen = () => machine.path('debootstrap.args');
  beforeEach(() => {
    jest.spyOn(process, 'getuid').mockReturnValue(0);
    machine.program(
      'docker',
      `const [command, what] = process.argv.slice(2);
       if (command === 'pull') { console.error('no registry'); process.exit(1); }
       if (command === 'version') console.log(${JSON.stringify(process.arch === 'arm64' ? 'arm64' : 'amd64')});`,
    );
    machine.program(
      'debootstrap',
      `require('node:fs').writeFileSync(${JSON.stringify(seen())}, process.argv.slice(2).join('\\n'));
       console.error('E: not here'); process.exit(1);`,
    );
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const withKeyring = (there: boolean) => {
    const { existsSync } = jest.requireActual<typeof fs>('node:fs');
    jest.spyOn(fs, 'existsSync').mockImplementation((file) => (file === keyring ? there : existsSync(file)));
  };

  test('takes none without a signature of Debian’s', async () => {
    withKeyring(true);
    await messageOf(ensureBaseImage({}));
    expect(fs.readFileSync(seen(), 'utf8').split('\n')).toEqual(
      expect.arrayContaining([`--keyring=${keyring}`, '--force-check-gpg']),
    );
  });

  test('is not made where nobody could check that', async () => {
    withKeyring(false);
    expect(await messageOf(ensureBaseImage({}))).toMatchInlineSnapshot(
      `"debian:trixie-slim could not be pulled (no registry). It is not made here either: /usr/share/keyrings/debian-archive-keyring.gpg is missing, so nobody could tell whether packages are Debian's. Install the package debian-archive-keyring."`,
    );
    expect(fs.existsSync(seen())).toBe(false);
  });
});

describe('what the user sees of an error', () => {
  let shown: string;
  beforeEach(() => {
    shown = '';
    jest.spyOn(console, 'error').mockImplementation((text: string) => {
      shown += text;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.exitCode = undefined;
  });

  test('the message alone', async () => {
    await runCommand(() => Promise.reject(new UserError('Install Go.')));
    expect(shown).toBe('Install Go.');
    expect(process.exitCode).toBe(1);
  });

  test('of an unexpected one, how to see more', async () => {
    const main = () => Promise.reject(new TypeError('x is undefined'));
    await runCommand(main);
    expect(shown).toBe('Unexpected error: x is undefined\nDEBUG=1 shows where it happened.');
    process.env.DEBUG = '1';
    await runCommand(main);
    expect(shown).toContain('setup-tools.test.ts');
  });
});
