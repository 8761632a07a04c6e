import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KUBERNETES_SHAPES, SHAPES } from '../support/shapes';
import { synthesizeToFiles } from '../support/synth';

const EVERY = { ...SHAPES, ...KUBERNETES_SHAPES };
const UPDATE = 'UPDATE_ADDRESSES=1 npx jest __tests__/synth/addresses';

/** Resources that are gone or new, in words that make their reader stop. */
function explain(gone: readonly string[], added: readonly string[]): string {
  return [
    'The Terraform addresses have changed.',
    ...gone.map((address) => `  gone:  ${address}`),
    ...added.map((address) => `  new:   ${address}`),
    'Terraform knows what it has built by these addresses alone. Where one is renamed, the next apply DESTROYS the running',
    'container or volume, with its data, in every environment, and creates another under the new name.',
    'If a resource was only renamed or moved, give it back its construct path, or move its state with it (moveTo or',
    'moveFromId on the resource). If resources really come and go, say so in the commit and record the new list with:',
    `  ${UPDATE}`,
  ].join('\n');
}

test.each(Object.entries(EVERY))('Terraform addresses of shape %s are frozen', (shape, topology) => {
  const file = join(__dirname, 'addresses', `${shape}.txt`);
  const now = synthesizeToFiles([topology]).stacks.flatMap(({ name, resources }) =>
    resources.map(({ address }) => `${name}  ${address}`).sort(),
  );
  if (process.env.UPDATE_ADDRESSES === '1') writeFileSync(file, `${now.join('\n')}\n`);
  const frozen = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  const gone = frozen.filter((address) => !now.includes(address));
  const added = now.filter((address) => !frozen.includes(address));
  if (gone.length + added.length > 0) throw new Error(explain(gone, added));
  expect(now).toEqual(frozen);
});

test('an address is the construct path, without a hash that nobody can read', () => {
  for (const topology of Object.values(EVERY)) {
    for (const { resources } of synthesizeToFiles([topology]).stacks) {
      for (const { address } of resources) expect(address).not.toMatch(/_[0-9A-F]{8}$/);
    }
  }
});

test('with another node, nothing else gets another address', () => {
  const [two, three] = ['sandbox', 'three-nodes'].map((shape) =>
    readFileSync(join(__dirname, 'addresses', `${shape}.txt`), 'utf8').split('\n'),
  ) as [string[], string[]];
  expect(three).toEqual(expect.arrayContaining(two));
  expect(three.filter((line) => !two.includes(line)).every((line) => line.startsWith('bank-node-3 '))).toBe(true);
});
