import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runCommand, UserError } from '../../cli/setup/errors';
import { ensureProviders, reachesRegistry } from '../../cli/setup/providers';
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
