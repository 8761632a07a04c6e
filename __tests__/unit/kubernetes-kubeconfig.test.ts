import { kubeconfigVariables } from '../../cli/kubernetes/kubeconfig';
import { TestMachine } from '../support/machine';

const machine = new TestMachine();
const before = process.cwd();
// The next file has the same process.
afterEach(() => process.chdir(before));
afterAll(() => machine.close());

/** A kubectl that lists the contexts that a file has, a line each. */
machine.program(
  'kubectl',
  `const [, file] = process.argv.slice(2);
  process.stdout.write(require('node:fs').readFileSync(file, 'utf8'));`,
);
const first = machine.file('one', 'office\n');
const second = machine.file('two', 'office\nbank\n');

test('without a variable the provider takes the user’s own file, as kubectl does', async () => {
  expect((await kubeconfigVariables('bank', '')).KUBECONFIG).toBeUndefined();
});

test('a file is named as it is found from everywhere', async () => {
  process.chdir(machine.directory);
  expect((await kubeconfigVariables('bank', 'one')).KUBECONFIG).toBe(first);
});

test('of several files the provider, which reads one, gets the one that has the context', async () => {
  expect((await kubeconfigVariables('bank', `${first}:${machine.path('gone')}:${second}`)).KUBECONFIG).toBe(second);
  expect((await kubeconfigVariables('nowhere', `${first}:${second}`)).KUBECONFIG).toBe(first);
});

test('no variable leads the provider to another cluster, or lets it in as somebody else', async () => {
  const variables = await kubeconfigVariables('bank', second);
  for (const name of ['KUBE_HOST', 'KUBE_TOKEN', 'KUBE_INSECURE', 'KUBE_CONFIG_PATH', 'KUBE_CTX']) {
    expect(Object.entries(variables)).toContainEqual([name, undefined]);
  }
});
