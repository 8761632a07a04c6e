import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureEngine } from '../../cli/setup/engine';
import { run } from '../../cli/setup/process';
import { ensureSandboxImages } from '../../cli/setup/sandbox-images';
import { ConfigurationError } from '../../environment/diagnostics';
import { loadEnvironments } from '../../environment/load';
import { sandboxImageTags } from '../../images/tags';
import { RESOLVER_FILE } from '../../topology/nginx-names';
import type { Topology } from '../../topology/topology';
import { CERTIFICATES_PATH } from '../../topology/volumes';
import { ownerLabels, removeLeftovers } from '../support/leftovers';
import { activeText, mutatedConfigurations } from '../support/mutated-configurations';
import { configurationDirectory, derived, synthesizeToFiles, temporaryDirectory } from '../support/synth';
import { docker, terraformHere } from '../support/workspace';

// Of the mutated configurations that are accepted, samples go through the programs that will read what is generated.
const OWNER = 'fuzzed-configurations';
/** How many of what Nginx reads, and of the part that is copied into the servers' file as it is. */
const MUTATIONS = { 'load_balancer.': 700, 'identity_server.deployment_toml.': 300 };
const FOR_TERRAFORM = 4;

let accepted: Topology[];
let ordering: Topology[];

jest.setTimeout(400_000);

beforeAll(async () => {
  const engine = await ensureEngine();
  const { nginx } = sandboxImageTags();
  await ensureSandboxImages({ dockerEnv: engine.env, tags: { nginx } });
  await removeLeftovers(OWNER);
  accepted = Object.entries(MUTATIONS)
    .flatMap(([table, count]) => mutatedConfigurations(1, count, table))
    .flatMap(acceptedAs);
  ordering = accepted.filter((topology) => JSON.stringify(topology).includes('evil'));
}, 600_000);

afterAll(() => removeLeftovers(OWNER));

test('text that is an order somewhere gets into the files that are generated, and is text in all of them', () => {
  expect(ordering.length).toBeGreaterThan(FOR_TERRAFORM);
  expect(ordering.flatMap(activeText)).toEqual([]);
});

test('every different nginx.conf of them is valid for Nginx', async () => {
  const all = distinct(accepted);
  expect(all.length).toBeGreaterThan(8);
  const directory = mkdtempSync(join(tmpdir(), 'fuzzed-'));
  try {
    all.forEach((files, index) => {
      mkdirSync(join(directory, String(index)));
      for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, String(index), name), content);
    });
    // Certificates that Nginx can read, and on Kubernetes whom to ask for names and what to show the nodes, are all that it wants beside the configuration.
    const script = `set -eu
cd /tmp
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test -keyout tls.key -out tls.crt 2>/dev/null
mkdir -p ${CERTIFICATES_PATH}
cp tls.crt ${CERTIFICATES_PATH}/ca.crt
echo 'resolver 127.0.0.1;' >${RESOLVER_FILE}
echo 'proxy_set_header X-Load-Balancer-Token token;' >${CERTIFICATES_PATH}/nodes.conf
for each in /fuzzed/*; do
  sed -n 's/^ *ssl_certificate \\(.*\\)\\.crt;$/\\1/p' "$each/nginx.conf" | while read -r path; do
    mkdir -p "\${path%/*}"
    cp tls.crt "$path.crt"
    cp tls.key "$path.key"
  done
  nginx -t -q -c "$each/nginx.conf" 2>&1 || echo "refused: $each"
done
echo checked`;
    await docker(
      'create',
      '--name',
      OWNER,
      ...ownerLabels(OWNER),
      '--network',
      'none',
      sandboxImageTags().nginx,
      'sh',
      '-c',
      script,
    );
    await docker('cp', `${directory}/.`, `${OWNER}:/fuzzed`);
    expect((await docker('start', '--attach', OWNER)).split('\n')).toEqual(['checked']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('the stacks of a sample are valid for Terraform and its providers, and order nothing of it', async () => {
  const { binary, variables } = await terraformHere();
  const env = {
    ...variables,
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    TF_DATA_DIR: temporaryDirectory('terraform-'),
  };
  const problems: unknown[] = [];
  let initialized: string | undefined;
  for (const topology of evenly(ordering, FOR_TERRAFORM)) {
    for (const { name, directory, text } of synthesizeToFiles([topology]).stacks) {
      if (/(?<![$%])(?:\$\$|%%)*[$%]\{[^}]*evil/.test(text))
        problems.push(`${name} has a template of the configuration's`);
      if (initialized === undefined) {
        await run(binary, ['init', '-backend=false', '-input=false', '-no-color'], { cwd: directory, env });
        initialized = directory;
      } else copyFileSync(join(initialized, '.terraform.lock.hcl'), join(directory, '.terraform.lock.hcl'));
      const { stdout } = await run(binary, ['validate', '-json'], { cwd: directory, env }).catch((error) => error);
      problems.push(...JSON.parse(stdout ?? '{"diagnostics":["terraform validate did not answer"]}').diagnostics);
    }
  }
  expect(problems).toEqual([]);
});

function acceptedAs(text: string): Topology[] {
  try {
    return loadEnvironments(
      configurationDirectory({ 'bank.toml': text, 'folder.pem/file': '', 'folder.jar/file': '' }),
    ).map(derived);
  } catch (error) {
    if (error instanceof ConfigurationError) return [];
    throw error;
  }
}

/** The load balancer's files of these, each set once. */
function distinct(topologies: readonly Topology[]): Readonly<Record<string, string>>[] {
  const byRevision = topologies.map(
    ({ loadBalancer: { configuration } }) => [configuration.revision, configuration.files] as const,
  );
  return [...new Map(byRevision).values()];
}

function evenly<T>(all: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, index) => all[Math.floor((index * all.length) / count)] as T);
}
