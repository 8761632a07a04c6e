import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { buildOnce } from '../../cli/setup/cache';
import { requireProgram } from '../../cli/setup/machine';
import { run } from '../../cli/setup/process';
import { ATLANTIS_FILE, renderAtlantis } from '../../tools/write-atlantis';
import { loadTopologies } from '../../topology/load-topologies';
import { type Json, PROJECT, SMALLEST, temporaryDirectory } from '../support/synth';

const WORKFLOWS = join(PROJECT, '.github', 'workflows');
const SCRIPTS = join(PROJECT, '.github', 'scripts');
const ACTIONLINT = '1.7.12';

const workflows = readdirSync(WORKFLOWS).map((name) => ({ name, text: readFileSync(join(WORKFLOWS, name), 'utf8') }));
const each = workflows.map(({ name, text }): [string, string] => [name, text]);

test('actionlint has nothing to say', async () => {
  requireProgram(
    'go',
    'actionlint, which checks the workflows, is built with it: install Go 1.24 or later (https://go.dev/doc/install).',
  );
  const directory = await buildOnce(`actionlint-${ACTIONLINT}`, async (folder) => {
    await run('go', ['install', `github.com/rhysd/actionlint/cmd/actionlint@v${ACTIONLINT}`], {
      env: { GOBIN: folder },
    });
  });
  const args = ['-no-color', '-shellcheck=', '-pyflakes='];
  const { status, stdout, stderr } = spawnSync(join(directory, 'actionlint'), args, { cwd: PROJECT, encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
}, 300_000);

// Each of these is looked for below in the text of a workflow; what is not found there is not checked either.
test.each([
  ['a step', /^ *(?:- )?run: /gm, 20],
  ['an action', /uses: [\w-]+\//g, 10],
  ['a job', /^ {4}runs-on: /gm, 8],
  ['a checkout', /uses: actions\/checkout@/g, 5],
  ['a key that is set up', /run: \.github\/scripts\/connect\.sh\n/g, 3],
  ['a start by hand', /workflow_dispatch:/g, 3],
  ['a secret', /secrets\./g, 5],
])('the workflows have %s where it is looked for', (_, pattern, atLeast) => {
  const all = workflows.map(({ text }) => text).join('');
  expect((all.match(pattern) ?? []).length).toBeGreaterThanOrEqual(atLeast);
});

describe.each(each)('%s', (_, text) => {
  const steps = [...text.matchAll(/^ *(?:- )?run: (.*)$/gm)].map(([, command]) => command as string);
  const code = text.replace(/^\s*#.*$/gm, '');

  test('pins every action to a commit, and says which version that is', () => {
    const uses = [...text.matchAll(/uses: (.*)$/gm)]
      .map(([, action]) => action as string)
      .filter((action) => !action.startsWith('./'));
    for (const action of uses) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('may only read, except in jobs that say more', () => {
    expect(code).toMatch(/^permissions:\n {2}contents: read\n\n/m);
    const more = [...code.matchAll(/^ +([\w-]+): write$/gm)].map(([, scope]) => scope);
    expect(more.filter((scope) => !['pull-requests', 'issues'].includes(scope as string))).toEqual([]);
  });

  test('never runs what a pull request contains with the target branch’s rights, and leaves no token behind', () => {
    expect(code).not.toMatch(/pull_request_target|workflow_run/);
    const checkouts = code.match(/uses: actions\/checkout@/g) ?? [];
    expect(code.match(/persist-credentials: false/g) ?? []).toHaveLength(checkouts.length);
  });

  test('runs only make targets and scripts that anybody can call', () => {
    const targets = [...readFileSync(join(PROJECT, 'Makefile'), 'utf8').matchAll(/^([a-z-]+):/gm)].map(
      ([, target]) => target,
    );
    const asRoot = 'sudo --preserve-env=CI env "PATH=$PATH" ';
    for (const written of steps) {
      const step = written.startsWith(asRoot) ? written.slice(asRoot.length) : written;
      const [, target] = /^make (?:-s )?([a-z-]+)(?: [A-Z]+=\w+)*(?: > [a-z.]+)?(?: \|\| true)?$/.exec(step) ?? [];
      const [, script] = /^\.github\/scripts\/([a-z-]+\.sh)(?: |$)/.exec(step) ?? [];
      if (target) expect(targets).toContain(target);
      else expect(statSync(join(SCRIPTS, script ?? `(${step})`)).mode & 0o111).not.toBe(0);
    }
    // A value in a command is code to the shell; in a variable it is not.
    expect(steps.filter((step) => step.includes('${{'))).toEqual([]);
  });

  test('gives every job a time limit', () => {
    const jobs = code.match(/^ {4}runs-on: /gm) ?? [];
    expect(code.match(/^ {4}timeout-minutes: /gm) ?? []).toHaveLength(jobs.length);
  });
});

test('pull requests write only from a job that runs none of their code and holds no other credential', () => {
  const plan = workflows.find(({ name }) => name === 'plan.yml')?.text ?? '';
  const jobs = plan.split(/^ {2}(?=[a-z]+:$)/m);
  const writing = jobs.filter((job) => /: write$/m.test(job));
  expect(writing.map((job) => job.split(':')[0])).toEqual(['comment']);
  expect(writing[0]).not.toMatch(/secrets\.|make |npm |build\/pull-request/);
  for (const job of jobs.filter((text) => text.includes('secrets.'))) {
    expect(job).toMatch(/ref: \$\{\{ github\.event\.pull_request\.base\.ref \}\}/);
  }
});

test('what can be started by hand runs on main alone, and so does what a pull request is merged into', () => {
  for (const { name, text } of workflows.filter((workflow) => workflow.text.includes('workflow_dispatch:'))) {
    const [, first] = /^jobs:\n {2}[a-z]+:\n((?: {4}.*\n)+)/m.exec(text) ?? [];
    expect([name, first]).toEqual([name, expect.stringContaining("if: github.ref == 'refs/heads/main'\n")]);
  }
  expect(workflows.find(({ name }) => name === 'plan.yml')?.text).toMatch(
    /pull_request:\n( +#.*\n)* +branches: \[main\]\n/,
  );
});

test('no key stays on a runner, also after a failure', () => {
  const steps = (text: string, pattern: RegExp) => (text.match(pattern) ?? []).length;
  for (const { text } of workflows) {
    expect(steps(text, /- if: always\(\)\n +run: \.github\/scripts\/disconnect\.sh\n/g)).toBe(
      steps(text, /run: \.github\/scripts\/connect\.sh\n/g),
    );
  }
});

test('a credential is there only in the step that needs it, and never where packages are installed', () => {
  const { safeLoad } = require('js-yaml') as { safeLoad(text: string): Json };
  for (const { text } of workflows) {
    for (const job of Object.values<Json>(safeLoad(text).jobs)) {
      expect(JSON.stringify(job.env ?? {})).not.toContain('secrets.');
      for (const step of job.steps ?? []) {
        if (!JSON.stringify(step.env ?? {}).includes('secrets.')) continue;
        expect(step.run).toMatch(/^make (?:plan|apply|up|down)$|^\.github\/scripts\/(?:connect|seal|unseal)\.sh/);
        const before = job.steps.slice(0, job.steps.indexOf(step)).map(({ run }: Json) => run);
        expect(before).toContain('.github/scripts/install.sh');
      }
    }
  }
  for (const file of ['Makefile', '.github/scripts/install.sh']) {
    const installs = readFileSync(join(PROJECT, file), 'utf8').match(/npm ci(?! --ignore-scripts)/g);
    expect([file, installs]).toEqual([file, null]);
  }
});

test('saved plans leave a machine sealed', () => {
  const paths = workflows.flatMap(({ text }) =>
    [...text.matchAll(/uses: actions\/upload-artifact@.*\n +with:\n(?:.*\n)*? +path: (.*)\n/g)].map(([, path]) => path),
  );
  const reports = 'build/acceptance';
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub's
  expect(paths.sort()).toEqual([reports, 'build/plan/${{ matrix.environment }}/plan.md', 'build/saved-plan.gpg']);
});

test('an apply is never cancelled', () => {
  const groups = workflows.filter(({ text }) => /group: environment-/.test(text));
  expect(groups.map(({ name }) => name).sort()).toEqual(['apply-environment.yml', 'teardown.yml']);
  for (const { text } of groups) expect(text).toMatch(/group: environment-.*\n +cancel-in-progress: false/);
});

test('atlantis.yaml is up to date; if not, run: npx tsx tools/write-atlantis.ts', () => {
  expect(readFileSync(ATLANTIS_FILE, 'utf8')).toBe(renderAtlantis(loadTopologies()));
});

/** Runs a script of the workflows as a runner would, with a gh that only writes down what it is asked for. */
function script(name: string, args: readonly string[], variables: NodeJS.ProcessEnv, cwd: string, answer = '') {
  const bin = temporaryDirectory('bin-');
  const asked = join(bin, 'asked');
  writeFileSync(
    join(bin, 'gh'),
    `#!/bin/sh\nprintf '%s ' "$@" >> ${asked}\necho >> ${asked}\ncase "$*" in *--jq*) printf '%s' "$ANSWER";; esac\n`,
  );
  chmodSync(join(bin, 'gh'), 0o755);
  const { status, stdout, stderr } = spawnSync(join(SCRIPTS, name), args, {
    cwd,
    encoding: 'utf8',
    env: { PATH: `${bin}${delimiter}${process.env.PATH}`, GITHUB_REPOSITORY: 'bank/is', ANSWER: answer, ...variables },
  });
  const requests = spawnSync('cat', [asked], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
  return { status, output: `${stdout}${stderr}`, requests };
}

function folder(files: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory('workflow-');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

describe('comment.sh', () => {
  const report = '<!-- wso2-is-active-active plan bank -->\n## Plan\n';

  test('comments once', () => {
    const { status, requests } = script('comment.sh', ['7', 'plan.md'], {}, folder({ 'plan.md': report }));
    expect(status).toBe(0);
    expect(requests.at(-1)).toContain('--method POST repos/bank/is/issues/7/comments');
  });

  test('updates the comment of the environment', () => {
    const { requests } = script('comment.sh', ['7', 'plan.md'], {}, folder({ 'plan.md': report }), '4711\n');
    expect(requests[0]).toContain('startswith("<!-- wso2-is-active-active plan bank -->")');
    expect(requests.at(-1)).toContain('--method PATCH repos/bank/is/issues/comments/4711');
  });

  test('refuses a file that is no report', () => {
    const { status, requests } = script('comment.sh', ['7', 'plan.md'], {}, folder({ 'plan.md': '") | halt\n' }));
    expect({ status, requests }).toEqual({ status: 1, requests: [] });
  });
});

describe('drift-issue.sh', () => {
  const planned = (changes: readonly object[]) =>
    folder({
      'build/plan/bank/plan.json': JSON.stringify({ changes, drift: [], refusals: [] }),
      'build/plan/bank/plan.md': 'plan\n',
    });

  test.each([
    ['opens an issue', [{ address: 'docker_container.database' }], '', '--method POST repos/bank/is/issues '],
    [
      'updates the open one',
      [{ address: 'docker_container.database' }],
      '12\n',
      '--method PATCH repos/bank/is/issues/12 .*body=',
    ],
    ['closes it when the environment is clean', [], '12\n', '--method PATCH repos/bank/is/issues/12 .*state=closed'],
  ])('%s', (_, changes, open, request) => {
    const { status, requests } = script('drift-issue.sh', ['bank'], {}, planned(changes), open);
    expect(status).toBe(0);
    expect(requests.at(-1)).toMatch(new RegExp(request));
  });

  test('asks for nothing more when all is well', () => {
    expect(script('drift-issue.sh', ['bank'], {}, planned([])).requests).toHaveLength(1);
  });
});

describe('status-issue.sh', () => {
  const certificate = (daysLeft: number) => ({ subject: 'is.bank.test', issuer: 'bank', daysLeft });
  const published = {
    url: 'https://is.bank.test',
    askedFrom: 'this machine',
    reason: null,
    certificate: certificate(200),
  };
  const node = { component: 'node-1', state: 'running', health: 'healthy', rotation: 'in', reason: null };
  const well = { environment: 'bank', healthy: true, problem: null, components: [node], published };
  const issue = (status: object | string, open = '') =>
    script(
      'status-issue.sh',
      ['bank', 'status.json'],
      {},
      folder({ 'status.json': typeof status === 'string' ? status : JSON.stringify(status) }),
      open,
    );

  test('asks for nothing more when a client is served, and closes what is open', () => {
    const quiet = issue(well);
    expect(quiet).toMatchObject({ status: 0, output: 'bank serves, as a client sees it\n' });
    expect(quiet.requests).toHaveLength(1);
    expect(issue(well, '12\n').requests.at(-1)).toMatch(/--method PATCH repos\/bank\/is\/issues\/12 .*state=closed/);
  });

  test.each([
    [
      'a client is refused',
      { ...well, healthy: false, published: { ...published, reason: 'nothing accepts connections' } },
    ],
    ['the certificate ends soon', { ...well, published: { ...published, certificate: certificate(29) } }],
    ['the engine does not answer', { ...well, healthy: false, problem: 'no engine', components: [] }],
    ['nothing could be said', ''],
  ])('opens an issue when %s', (_, status) => {
    const { status: exit, requests } = issue(status);
    expect(exit).toBe(0);
    expect(requests.at(-1)).toMatch(
      /--method POST repos\/bank\/is\/issues .*title=Status: bank is not as it should be/,
    );
  });
});

describe('status.sh', () => {
  /** A project whose make status fails so many times before all is well. */
  const project = (failures: number) =>
    folder({
      Makefile: `status:\n\t@echo >> looks; echo "look $$(wc -l < looks) at $(ENVIRONMENT)"; test $$(wc -l < looks) -gt ${failures}\n`,
    });

  test.each([
    ['at once when all is well', 0, 'look 1 at bank'],
    ['again after a bad moment', 1, 'look 2 at bank'],
    ['three times when it stays bad', 9, 'look 3 at bank'],
  ])('asks %s', (_, failures, says) => {
    const directory = project(failures);
    const { status } = script('status.sh', ['bank', 'status.json', '0'], {}, directory);
    expect(status).toBe(0);
    expect(readFileSync(join(directory, 'status.json'), 'utf8')).toBe(`${says}\n`);
  });
});

describe('confirm.sh', () => {
  const project = folder({
    'config/test.toml': '[identity_server]\nprotected = true # of no meaning here\n',
    'config/production.toml': '# first\nprotected = true\n[engine]\n',
  });

  test.each([
    ['goes on when the name is typed', 'test', 'test', 0, 'test will be destroyed'],
    ['refuses another name', 'test', 'tset', 1, 'nothing was destroyed'],
    ['refuses a protected environment', 'production', 'production', 1, 'production is protected'],
    ['refuses what does not exist', 'staging', 'staging', 1, 'there is no environment "staging"'],
    ['refuses a path', '../config/test', '../config/test', 1, 'there is no environment'],
  ])('%s', (_, ENVIRONMENT, CONFIRMATION, status, message) => {
    const result = script('confirm.sh', [], { ENVIRONMENT, CONFIRMATION }, project);
    expect(result.status).toBe(status);
    expect(result.output).toContain(message);
  });
});

describe('connect.sh', () => {
  test('needs the host’s key with the client’s', () => {
    const home = temporaryDirectory('home-');
    const { status, output } = script('connect.sh', [], { HOME: home, DOCKER_SSH_KEY: 'canary-key' }, home);
    expect(status).toBe(1);
    expect(output).toContain('DOCKER_KNOWN_HOSTS is empty');
    expect(output).not.toContain('canary-key');
  });

  test('keeps the key to its owner', () => {
    const home = temporaryDirectory('home-');
    script(
      'connect.sh',
      [],
      { HOME: home, DOCKER_SSH_KEY: 'canary-key', DOCKER_KNOWN_HOSTS: 'host ssh-ed25519 AAAA' },
      home,
    );
    expect(statSync(join(home, '.ssh', 'docker-host', 'key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(home, '.ssh', 'docker-host', 'config'), 'utf8')).toContain('StrictHostKeyChecking yes');
  });

  test('leaves the runner’s own settings as they are, however often it runs, and disconnect.sh takes the key away', () => {
    const home = temporaryDirectory('home-');
    mkdirSync(join(home, '.ssh'));
    const config = join(home, '.ssh', 'config');
    writeFileSync(config, 'Host git\n  User me\n');
    const variables = { HOME: home, DOCKER_SSH_KEY: 'canary-key', DOCKER_KNOWN_HOSTS: 'host ssh-ed25519 AAAA' };
    for (let run = 0; run < 2; run++) expect(script('connect.sh', [], variables, home).status).toBe(0);
    expect(readFileSync(config, 'utf8')).toBe('Include docker-host/config\nHost git\n  User me\n');
    expect(script('disconnect.sh', [], variables, home).status).toBe(0);
    expect(readdirSync(join(home, '.ssh'))).toEqual(['config']);
  });
});

describe('connect.sh with a kubeconfig', () => {
  const TOKEN = 'canary-token';
  const TEXT = `kind: Config\ncontexts: [{name: bank}]\nusers: [{user: {token: ${TOKEN}}}]`;

  /** A runner whose kubectl says of a file what its text says; it repeats what it was given, as a real one may. */
  function runner(text: string) {
    const home = temporaryDirectory('home-');
    const [temporary, bin, environment] = ['temporary', 'bin', 'environment'].map((name) => join(home, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(bin);
    writeFileSync(environment, '');
    writeFileSync(
      join(bin, 'kubectl'),
      `#!/bin/sh
cat "$2" >&2
env >> ${join(home, 'seen')}
case "$3 $4" in
"config get-contexts") grep -q "^kind: Config" "$2" && echo bank;;
"config view") ! grep -q "^missing" "$2";;
*) exit 3;;
esac
`,
    );
    chmodSync(join(bin, 'kubectl'), 0o755);
    const variables = {
      HOME: home,
      RUNNER_TEMP: temporary,
      GITHUB_ENV: environment,
      KUBECONFIG_TEXT: text,
      PATH: `${bin}${delimiter}${process.env.PATH}`,
    };
    const file = join(temporary, 'environment-kubeconfig', 'config');
    return {
      file,
      seen: join(home, 'seen'),
      handedOn: () => readFileSync(environment, 'utf8'),
      connect: (more: NodeJS.ProcessEnv = {}) => script('connect.sh', [], { ...variables, ...more }, home),
      disconnect: () => script('disconnect.sh', [], variables, home),
    };
  }

  test('keeps it to its owner outside of the checkout, hands its path on, and disconnect.sh takes it away', () => {
    const { file, seen, handedOn, connect, disconnect } = runner(TEXT);
    mkdirSync(dirname(file), { recursive: true });
    // As a job that was killed on a runner of one's own may have left it.
    writeFileSync(file, 'old', { mode: 0o644 });
    const { status, output } = connect();
    expect({ status, output }).toEqual({ status: 0, output: 'the kubeconfig is set up\n' });
    expect(readFileSync(file, 'utf8')).toBe(`${TEXT}\n`);
    expect([file, dirname(file)].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o700]);
    expect(handedOn()).toBe(`KUBECONFIG=${file}\n`);
    expect(readFileSync(seen, 'utf8')).not.toContain(TOKEN);
    expect(disconnect().status).toBe(0);
    expect(existsSync(dirname(file))).toBe(false);
  });

  test.each([
    ['is none, such as its encoding', Buffer.from(TEXT).toString('base64'), 'is no kubeconfig file with a context'],
    ['names a file that is not there', `missing: ca.crt\n${TEXT}`, 'names a file that this runner does not have'],
  ])('says in one line when it %s, and hands nothing on', (_, text, message) => {
    const { file, handedOn, connect, disconnect } = runner(text);
    const { status, output } = connect();
    expect(status).toBe(1);
    expect(output).toMatch(new RegExp(`^the secret KUBECONFIG ${message}.*\n$`));
    expect([output.includes(TOKEN), output.includes(text), handedOn()]).toEqual([false, false, '']);
    disconnect();
    expect(existsSync(dirname(file))).toBe(false);
  });

  test('is set up beside ssh, and what was put down before a failure goes as well', () => {
    const { file, connect, disconnect } = runner(TEXT);
    expect(connect({ DOCKER_SSH_KEY: 'key' })).toMatchObject({ status: 1 });
    expect(existsSync(file)).toBe(true);
    disconnect();
    expect(existsSync(dirname(file))).toBe(false);
    expect(connect({ DOCKER_SSH_KEY: 'key', DOCKER_KNOWN_HOSTS: 'host ssh-ed25519 AAAA' }).output).toBe(
      'the kubeconfig is set up\nssh is set up\n',
    );
    expect(existsSync(file)).toBe(true);
  });

  test('does nothing where there is none', () => {
    const { file, handedOn, connect } = runner('');
    expect(connect()).toMatchObject({ status: 0, output: expect.stringContaining('a way of its own') });
    expect([existsSync(dirname(file)), handedOn()]).toEqual([false, '']);
  });

  test('gets the secrets of both kinds in every workflow', () => {
    const secrets = ['DOCKER_SSH_KEY', 'DOCKER_KNOWN_HOSTS', 'KUBECONFIG'];
    // Not as KUBECONFIG: kubectl would take the text for a path, and say it.
    const names = ['DOCKER_SSH_KEY', 'DOCKER_KNOWN_HOSTS', 'KUBECONFIG_TEXT'];
    const given = names.map((name, index) => ` {10}${name}: \\$\\{\\{ secrets\\.${secrets[index]} \\}\\}\n`).join('');
    const step = new RegExp(`run: \\.github/scripts/connect\\.sh\n {8}env:\n${given}`, 'g');
    for (const { name, text } of workflows) {
      const steps = text.match(/run: \.github\/scripts\/connect\.sh\n/g) ?? [];
      expect([name, text.match(step) ?? []]).toEqual([name, steps.map(() => expect.any(String))]);
    }
  });
});

test('list-environments has every environment with remote state, whichever its platform', () => {
  const REMOTE = '[state]\nbackend = "http"\nsettings = { address = "https://state.bank.example" }\n';
  const CLUSTER = '[platform]\nkind = "kubernetes"\ncontext = "bank"\npublish = "node-port"\n';
  const project = folder({
    'config/bank.toml': `${SMALLEST}[network]\nsubnet = "172.31.1.0/24"\n${REMOTE}`,
    'config/here.toml': `${SMALLEST}bind_address = "127.0.0.2"\n[network]\nsubnet = "172.31.2.0/24"\n`,
    'config/cluster.toml': `${SMALLEST}http_port = 30080\nhttps_port = 30443\n${CLUSTER}${REMOTE}`,
    'config/elsewhere.toml': `${SMALLEST}http_port = 30081\nhttps_port = 30444\n${CLUSTER}`,
  });
  const tool = join(PROJECT, 'tools', 'list-environments.ts');
  const { stdout, stderr } = spawnSync('node', ['--require', join(PROJECT, 'typescript.cjs'), tool], {
    cwd: project,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  expect({ stdout, stderr }).toEqual({ stdout: 'environments=["bank","cluster"]\n', stderr: '' });
});

describe('seal.sh and unseal.sh', () => {
  const stack = 'cdktf.out/stacks/bank-node-1';
  const planned = () =>
    folder({
      [`${stack}/tfplan`]: 'canary of the state',
      [`${stack}/.terraform.lock.hcl`]: 'lock',
      'cdktf.out/stacks/other-node-1/tfplan': 'of another environment',
      'build/plan/bank/plan.json': '{}',
    });
  const sealed = { PLAN_PASSPHRASE: 'twenty characters or more' };
  const checksum = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  /** What arrives on another machine, and how it is unpacked there. */
  const arrived = (artifact: Buffer) => {
    const there = folder({ 'build/nothing': '' });
    const file = join(there, 'build', 'saved-plan.gpg');
    writeFileSync(file, artifact);
    const unseal = (passphrase: string, sum = checksum(file)) =>
      script('unseal.sh', ['bank', sum], { PLAN_PASSPHRASE: passphrase }, there);
    return { there, unseal };
  };

  test('carry the saved plans of one environment to another machine, readable with the passphrase alone', () => {
    const here = planned();
    const output = join(here, 'output');
    expect(script('seal.sh', ['bank'], { ...sealed, GITHUB_OUTPUT: output }, here)).toMatchObject({ status: 0 });
    const artifact = readFileSync(join(here, 'build', 'saved-plan.gpg'));
    expect(readFileSync(output, 'utf8')).toBe(`sealed=${checksum(join(here, 'build', 'saved-plan.gpg'))}\n`);
    expect(artifact.includes('canary')).toBe(false);

    const { there, unseal } = arrived(artifact);
    expect(unseal('another one, just as long').status).toBe(1);
    expect(unseal(sealed.PLAN_PASSPHRASE, '0'.repeat(64)).output).toContain(
      'is not the artifact that the plan has uploaded',
    );
    expect(readdirSync(there)).toEqual(['build']);
    expect(unseal(sealed.PLAN_PASSPHRASE).status).toBe(0);
    expect(readFileSync(join(there, stack, 'tfplan'), 'utf8')).toBe('canary of the state');
    expect(readdirSync(join(there, stack)).sort()).toEqual(['.terraform.lock.hcl', 'tfplan']);
    expect(readdirSync(join(there, 'cdktf.out', 'stacks'))).toEqual(['bank-node-1']);
    expect(readdirSync(join(there, 'build', 'plan'))).toEqual(['bank']);
  });

  test('unpack nothing of what was changed on the way, bit by bit', () => {
    const here = planned();
    script('seal.sh', ['bank'], { ...sealed, GITHUB_OUTPUT: join(here, 'output') }, here);
    const artifact = readFileSync(join(here, 'build', 'saved-plan.gpg'));
    for (const place of [0.3, 0.6, 0.99]) {
      const changed = Buffer.from(artifact);
      const index = Math.floor(changed.length * place);
      changed[index] = (changed[index] as number) ^ 1;
      const { there, unseal } = arrived(changed);
      expect(unseal(sealed.PLAN_PASSPHRASE)).toMatchObject({ status: 1 });
      expect(readdirSync(there)).toEqual(['build']);
    }
  });

  test.each<[string, (at: string) => void]>([
    ['code', (at) => writeFileSync(join(at, 'cdktf.out/stacks/bank-node-1/tfplan.sh'), 'evil')],
    ['a link', (at) => symlinkSync('/etc/passwd', join(at, 'build/plan/bank/plan.md'))],
    [
      'code, before more names than a pipe holds,',
      (at) => {
        writeFileSync(join(at, 'cdktf.out/stacks/bank-node-1/tfplan.sh'), 'evil');
        for (let number = 0; number < 1500; number++) {
          writeFileSync(join(at, 'build/plan/bank', `${'a'.repeat(60)}-${number}.md`), '');
        }
      },
    ],
  ])('unpack nothing where %s is among the plans', (_, add) => {
    const here = planned();
    add(here);
    // As somebody would who has the passphrase and seals with a script of his own.
    const own = readFileSync(join(SCRIPTS, 'seal.sh'), 'utf8').replace(
      '{tfplan,.terraform.lock.hcl}',
      '{tfplan*,.terraform.lock.hcl}',
    );
    writeFileSync(join(here, 'seal.sh'), own);
    const { status } = spawnSync('bash', ['seal.sh', 'bank'], {
      cwd: here,
      env: { ...process.env, ...sealed, GITHUB_OUTPUT: join(here, 'output') },
    });
    expect(status).toBe(0);
    const { there, unseal } = arrived(readFileSync(join(here, 'build', 'saved-plan.gpg')));
    expect(unseal(sealed.PLAN_PASSPHRASE).output).toContain('holds more than plans and reports of bank');
    expect(readdirSync(there)).toEqual(['build']);
  });

  test.each([
    ['none', undefined],
    ['a short one', 'secret'],
  ])('write nothing with %s, and say which secret to set', (_, value) => {
    const here = planned();
    const { status, output } = script('seal.sh', ['bank'], { PLAN_PASSPHRASE: value }, here);
    expect(status).toBe(1);
    expect(output).toContain('PLAN_PASSPHRASE must have 20 characters or more');
    expect(readdirSync(join(here, 'build'))).toEqual(['plan']);
  });
});

test('summary.sh shows the report and passes the digest on', () => {
  const directory = folder({
    'build/plan/bank/plan.json': JSON.stringify({
      digest: 'abc123',
      changes: [{ address: 'docker_container.Default' }],
    }),
    'build/plan/bank/plan.md': '## Plan\n',
  });
  const output = join(directory, 'output');
  const summary = join(directory, 'summary');
  script('summary.sh', ['bank'], { GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary }, directory);
  expect(readFileSync(output, 'utf8')).toBe('digest=abc123\nchanges=1\n');
  expect(readFileSync(summary, 'utf8')).toBe('## Plan\n');
});

describe('take-configuration', () => {
  const REMOTE = '[state]\nbackend = "s3"\n';
  const start = {
    'config/bank.toml': `[identity_server]\nnodes = 2\n${REMOTE}`,
    'config/local.toml': '[identity_server]\n',
    'main.ts': 'code\n',
    'README.md': 'text\n',
  };

  /** What is planned of a pull request that changes these files; undefined removes one, `-> target` makes a link. */
  function taken(
    changes: Readonly<Record<string, string | undefined>>,
    from: Readonly<Record<string, string>> = start,
  ) {
    const proposal = folder(from);
    const git = (...args: string[]) =>
      spawnSync('git', ['-C', proposal, '-c', 'user.name=test', '-c', 'user.email=test@bank.example', ...args], {
        encoding: 'utf8',
      });
    git('init', '--quiet');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'before');
    for (const [name, text] of Object.entries(changes)) {
      spawnSync('rm', ['-f', join(proposal, name)]);
      if (text?.startsWith('-> ')) symlinkSync(text.slice(3), join(proposal, name));
      else if (text !== undefined) writeFileSync(join(proposal, name), text);
    }
    git('add', '--all');
    git('commit', '--quiet', '--message', 'after');
    const trusted = folder(from);
    const result = spawnSync(
      'node',
      ['--require', join(PROJECT, 'typescript.cjs'), join(PROJECT, 'tools/take-configuration.ts'), proposal],
      { cwd: trusted, encoding: 'utf8', env: { PATH: process.env.PATH } },
    );
    return { ...result, trusted, configuration: readFileSync(join(trusted, 'config/bank.toml'), 'utf8') };
  }

  test('takes a changed configuration, and nothing else', () => {
    const changed = `[identity_server]\nnodes = 3\n${REMOTE}`;
    const { stdout, configuration, trusted } = taken({ 'config/bank.toml': changed, 'README.md': 'other\n' });
    expect(stdout).toBe('environments=["bank"]\n');
    expect(configuration).toBe(changed);
    expect(readFileSync(join(trusted, 'README.md'), 'utf8')).toBe('text\n');
  });

  describe('certificates of authorities', () => {
    const named = `${start['config/bank.toml']}[load_balancer.client_certificates]\nca_file = "tpp/ca.pem"\n`;
    const startWithThem = {
      ...start,
      'config/bank.toml': named,
      'config/tpp/ca.pem': 'old\n',
      'config/other.pem': 'old\n',
    };

    test('are taken where a configuration names them, also when they alone change', () => {
      const changes = { 'config/tpp/ca.pem': 'new\n', 'config/other.pem': 'new\n' };
      const { stdout, trusted } = taken(changes, startWithThem);
      expect(stdout).toBe('environments=["bank"]\n');
      expect(readFileSync(join(trusted, 'config/tpp/ca.pem'), 'utf8')).toBe('new\n');
      expect(readFileSync(join(trusted, 'config/other.pem'), 'utf8')).toBe('old\n');
    });

    test('that a pull request removes are gone, so that the plan fails as it will after the merge', () => {
      const { trusted } = taken({ 'config/tpp/ca.pem': undefined }, startWithThem);
      expect(readdirSync(join(trusted, 'config/tpp'))).toEqual([]);
    });

    test('may not be a link', () => {
      const { stdout, stderr } = taken({ 'config/tpp/ca.pem': '-> /etc/hostname' }, startWithThem);
      expect(stdout).toBe('environments=[]\n');
      expect(stderr).toContain('also changes code ("config/tpp/ca.pem")');
    });
  });

  const bank = start['config/bank.toml'];
  const withBuild = {
    ...start,
    'config/bank.toml': `[identity_server]\nnodes = 2\nimage = "ours"\nbuild = { accelerator = "fs.zip" }\n${REMOTE}`,
  };
  const server = (lines: string) => ({ 'config/bank.toml': `[identity_server]\nnodes = 2\n${lines}\n${REMOTE}` });
  const alsoChangesCode = (path: string) => `also changes code (${JSON.stringify(path)})`;

  test.each<[string, Record<string, string | undefined>, string, Record<string, string>?]>([
    ['code', { 'main.ts': 'evil\n', ...server('memory_mb = 9000') }, alsoChangesCode('main.ts')],
    ['code alone', { 'main.ts': 'evil\n' }, 'Code of pull requests is not run with credentials'],
    ['another engine', { 'config/bank.toml': `${bank}[engine]\nhost = "tcp://evil.example"\n` }, 'engine changes'],
    ['another state', { 'config/bank.toml': '[identity_server]\n[state]\nbackend = "http"\n' }, 'state changes'],
    ['another state by a quoted key', { 'config/bank.toml': '"state" = { "backend" = "http" }\n' }, 'state changes'],
    ['a new environment', { 'config/new.toml': REMOTE }, 'it is new'],
    [
      'an archive that a TAB gives the ending of a page',
      { 'notes.md\t.zip': 'PK', ...server('build = { accelerator = "build/pull-request/notes.md\\t.zip" }') },
      alsoChangesCode('notes.md\t.zip'),
    ],
    ['an archive with a line feed in its name', { 'notes\n.md': 'PK', ...server('memory_mb = 9000') }, 'notes\\n.md'],
    ['an image build', server('build = { accelerator = "a.zip" }'), 'identity_server.build changes'],
    ['the driver of an image build', server('build = { driver = "evil:evil:1" }'), 'identity_server.build changes'],
    [
      'another archive of an image build',
      { 'config/bank.toml': withBuild['config/bank.toml'].replace('fs.zip', 'build/pull-request/README.md') },
      'identity_server.build changes',
      withBuild,
    ],
    [
      'a build on another image',
      { 'config/bank.toml': withBuild['config/bank.toml'].replace('"ours"', '"evil/image"') },
      'identity_server.image changes',
      withBuild,
    ],
    [
      'a build on no image',
      { 'config/bank.toml': withBuild['config/bank.toml'].replace('image = "ours"\n', '') },
      'identity_server.image changes',
      withBuild,
    ],
    ['another distribution', server('distribution = "sandbox"'), 'identity_server.distribution changes'],
    ['a jar', server('driver_jar = "../build/pull-request/evil.jar"'), 'identity_server.driver_jar changes'],
    [
      'a jar by a dotted key',
      { 'config/bank.toml': `identity_server."driver_jar" = "x.jar"\n${REMOTE}` },
      'driver_jar changes',
    ],
    ['a removed environment', { 'config/bank.toml': undefined }, 'its file is removed'],
    ['local state', { 'config/local.toml': '[identity_server]\nnodes = 3\n' }, 'its state is a file on one machine'],
    ['a link', { 'config/bank.toml': '-> /etc/hostname' }, alsoChangesCode('config/bank.toml')],
    [
      'a page that is a link',
      { 'README.md': '-> /etc/hostname', ...server('memory_mb = 9000') },
      alsoChangesCode('README.md'),
    ],
    [
      'attributes of files',
      { '.gitattributes': '*.toml ident\n', ...server('memory_mb = 9000') },
      alsoChangesCode('.gitattributes'),
    ],
    ['what is no TOML', { 'config/bank.toml': 'nodes = \n' }, 'is no valid TOML'],
    ['tables without end', { 'config/bank.toml': `x = ${'['.repeat(100_000)}\n` }, 'is no valid TOML'],
    ['a file without end', { 'config/bank.toml': `${bank}# ${'x'.repeat(300_000)}\n` }, 'is no valid TOML'],
    ['an unsafe key', { 'config/bank.toml': `${bank}[__proto__]\nx = 1\n` }, 'is no valid TOML'],
  ])('plans nothing for %s', (_, changes, reason, from = start) => {
    const { stdout, stderr, configuration } = taken(changes, from);
    expect(stdout).toBe('environments=[]\n');
    expect(stderr).toContain(reason);
    expect(configuration).toBe(from['config/bank.toml']);
  });

  test('has nothing to do for a pull request that changes text', () => {
    expect(taken({ 'README.md': 'other\n' })).toMatchObject({ stdout: 'environments=[]\n', stderr: '' });
  });
});
