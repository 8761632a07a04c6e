import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { UserError } from '../../cli/setup/errors';
import { OPENTOFU, type OpenTofuRelease } from '../../cli/setup/opentofu';
import { run } from '../../cli/setup/process';
import { ensureTerraform, terraformVariables } from '../../cli/setup/terraform';
import { failureOf, TestMachine } from '../support/machine';

// What set-up does on a machine that has neither Terraform nor OpenTofu.

const PLATFORM = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;
const VERSION = '1.9.9';
const ARCHIVE = `tofu_${VERSION}_${PLATFORM}.tar.gz`;
const INSTALL =
  'Install Terraform (https://developer.hashicorp.com/terraform/install) or OpenTofu (https://opentofu.org/docs/intro/install/)';
const OR_GO = ', or Go 1.21 or newer (https://go.dev/doc/install), with which OpenTofu is built.';

/** Notes what it is asked, and builds a program that says what OpenTofu says. */
const GO = `const fs = require('node:fs');
const args = process.argv.slice(2);
fs.appendFileSync(process.env.XDG_CACHE_HOME + '/../go.log', args.join(' ') + '\\n');
if (args[0] === 'build') {
  const program = '#!' + process.execPath + '\\nconsole.log("OpenTofu v1.12.6")';
  fs.writeFileSync(args[args.indexOf('-o') + 1], program, { mode: 0o755 });
}`;

let machine: TestMachine;
let server: Server;
let requests: string[];
let archive: Buffer;
let release: OpenTofuRelease;
/** The same at an address that has it not. */
let elsewhere: OpenTofuRelease;

beforeEach(async () => {
  machine = new TestMachine();
  machine.borrow('tar', 'gzip');
  chmodSync(machine.file('release/tofu', `#!${process.execPath}\nconsole.log('OpenTofu v${VERSION}');\n`), 0o755);
  await run('tar', ['-czf', machine.path('archive'), '-C', machine.path('release'), 'tofu']);
  archive = readFileSync(machine.path('archive'));
  requests = [];
  server = createServer(({ url = '' }, response) => {
    requests.push(url);
    response.statusCode = url.startsWith('/release/') ? 200 : 404;
    response.end(archive);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const archives = { [PLATFORM]: createHash('sha256').update(archive).digest('hex') };
  release = { version: VERSION, address: `${address}/release`, archives };
  elsewhere = { ...release, address };
});

afterEach(async () => {
  machine.close();
  await new Promise((resolve) => server.close(resolve));
});

const kept = () => readdirSync(machine.path('cache/wso2-is-active-active'));

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await failureOf(promise);
  expect(error).toBeInstanceOf(UserError);
  return error.message.replaceAll(elsewhere.address, 'SERVER');
}

test('the pinned release has a checksum for every platform that it is downloaded for', () => {
  expect(Object.keys(OPENTOFU.archives)).toEqual(['linux_amd64', 'linux_arm64', 'darwin_amd64', 'darwin_arm64']);
  const checksums = Object.values(OPENTOFU.archives);
  for (const checksum of checksums) expect(checksum).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(checksums).size).toBe(checksums.length);
});

describe.each(['curl', 'Node.js'])('with %s', (client) => {
  beforeEach(() => {
    if (client === 'curl') machine.borrow('curl');
  });

  test('the release is downloaded, once', async () => {
    const binary = machine.path(`cache/wso2-is-active-active/opentofu-${VERSION}-${PLATFORM}/tofu`);
    const found = await ensureTerraform(release);
    expect(found).toEqual({ binary, version: VERSION, isOpenTofu: true });
    expect(terraformVariables(found)).toEqual({ TERRAFORM_BINARY_NAME: binary });
    expect(await ensureTerraform(release)).toEqual(found);
    expect(requests).toEqual([`/release/${ARCHIVE}`]);
    expect(readdirSync(dirname(binary))).toEqual(['tofu']);
  });

  test('another archive is refused, also where Go could build the program, and nothing is kept', async () => {
    machine.program('go', GO);
    archive = Buffer.from('<html>This site is blocked</html>');
    expect(await messageOf(ensureTerraform(release))).toBe(
      `SERVER/release/${ARCHIVE}: the SHA-256 checksum of what was downloaded is d2be3fbfa294b8f1f1b62d7320ba8fca8f8dbd00b72988f62fa3f2264d4f1335, that of the release is ${release.archives[PLATFORM]}. Nothing of it was kept. ${INSTALL}, or find out who answers for that address, such as a proxy.`,
    );
    expect(kept()).toEqual([]);
  });

  test('what cannot be downloaded is built with Go, once', async () => {
    machine.program('go', GO);
    const found = await ensureTerraform(elsewhere);
    expect(found).toMatchObject({ version: '1.12.6', isOpenTofu: true });
    expect(readFileSync(machine.path('go.log'), 'utf8').split('\n')).toEqual([
      'mod init build',
      'mod edit -require=github.com/opentofu/opentofu@v1.12.6 -replace=github.com/hashicorp/hcl/v2=github.com/opentofu/hcl/v2@v2.20.2-0.20251021132045-587d123c2828',
      expect.stringMatching(/^build .* -o \S+\/tofu github\.com\/opentofu\/opentofu\/cmd\/tofu$/),
      '',
    ]);
    machine.program('go', 'process.exit(1)');
    expect(await ensureTerraform(elsewhere)).toEqual(found);
    expect(readdirSync(dirname(found.binary))).toEqual(['tofu']);
  });
});

test('a platform without an archive gets a program built with Go', async () => {
  machine.program('go', GO);
  expect(await ensureTerraform({ ...release, archives: {} })).toMatchObject({ isOpenTofu: true });
  expect(requests).toEqual([]);
});

test('without the release and without Go, one message says what to install', async () => {
  expect(await messageOf(ensureTerraform(elsewhere))).toBe(
    `Neither terraform nor tofu was found on the PATH, and OpenTofu ${VERSION} could not be downloaded (SERVER/${ARCHIVE}: HTTP 404). ${INSTALL}${OR_GO}`,
  );
  expect(kept()).toEqual([]);
});

test('an address that does not answer is named with its reason', async () => {
  await new Promise((resolve) => server.close(resolve));
  expect(await messageOf(ensureTerraform(release))).toContain('be downloaded (connect ECONNREFUSED 127.0.0.1:');
});

test('a build that fails says why, and what to install instead', async () => {
  machine.program('go', 'console.error("dial tcp: no such host"); process.exit(1)');
  expect(await messageOf(ensureTerraform(elsewhere))).toBe(
    `Neither terraform nor tofu was found on the PATH, and OpenTofu ${VERSION} could not be downloaded (SERVER/${ARCHIVE}: HTTP 404) nor built:\ngo mod init build: exit code 1\n  dial tcp: no such host\n${INSTALL}${OR_GO}`,
  );
  expect(kept()).toEqual([]);
});
