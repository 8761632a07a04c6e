import { kubeconfigVariables } from '../../cli/kubernetes/kubeconfig';
import { TestMachine } from '../support/machine';

const machine = new TestMachine();
const before = process.cwd();
// The next file has the same process.
afterEach(() => process.chdir(before));
afterAll(() => machine.close());

/** A kubectl that says of a context what the files say, one "<context> <anything>" a line; the first that says something wins, as in kubectl. */
machine.program(
  'kubectl',
  `const { readFileSync } = require('node:fs');
  const context = process.argv.at(-1);
  const lines = process.env.KUBECONFIG.split(':').flatMap((file) => readFileSync(file, 'utf8').split('\\n'));
  const parts = ['cluster', 'user'].map((part) => lines.find((line) => line.startsWith(context + ' ' + part)));
  if (parts.includes(undefined)) process.exit(1);
  process.stdout.write(parts.join(';'));`,
);
const first = machine.file('one', 'office cluster A\noffice user A\n');
const second = machine.file('two', 'office cluster B\noffice user A\nbank cluster B\nbank user B\n');

test('without a variable the provider takes the user’s own file, as kubectl does', async () => {
  expect((await kubeconfigVariables('bank', '')).KUBECONFIG).toBeUndefined();
});

test('a file is named as it is found from everywhere', async () => {
  process.chdir(machine.directory);
  expect((await kubeconfigVariables('bank', 'one')).KUBECONFIG).toBe(first);
});

test('of several files the provider, which reads one, gets the one that says by itself what kubectl takes of all', async () => {
  expect((await kubeconfigVariables('bank', `${first}:${machine.path('gone')}:${second}`)).KUBECONFIG).toBe(second);
  expect((await kubeconfigVariables('nowhere', `${first}:${second}`)).KUBECONFIG).toBe(first);
  expect((await kubeconfigVariables('office', `${second}:${first}`)).KUBECONFIG).toBe(second);
});

test('of a context whose parts are in several files, and of one that another file says otherwise, the provider gets nothing', async () => {
  const cluster = machine.file('cluster', 'bank cluster C\n');
  const user = machine.file('user', 'bank user C\n');
  for (const files of [`${cluster}:${user}`, `${cluster}:${second}`]) {
    await expect(kubeconfigVariables('bank', files)).rejects.toThrow(
      `platform.context: what belongs to the context bank is in several files of KUBECONFIG (${files.replace(':', ', ')})`,
    );
  }
});

test('no variable leads the provider to another cluster, or lets it in as somebody else', async () => {
  const variables = await kubeconfigVariables('bank', second);
  for (const name of ['KUBE_HOST', 'KUBE_TOKEN', 'KUBE_INSECURE', 'KUBE_CONFIG_PATH', 'KUBE_CTX']) {
    expect(Object.entries(variables)).toContainEqual([name, undefined]);
  }
});
