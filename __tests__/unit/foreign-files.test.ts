import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../cli/setup/errors';
import { temporaryDirectory } from '../support/synth';

/** What a command says that ends with this error. */
async function said(error: NodeJS.ErrnoException): Promise<string> {
  const tell = jest.spyOn(console, 'error').mockImplementation();
  await runCommand(() => Promise.reject(error));
  process.exitCode = 0;
  return tell.mock.calls.flat().join('\n');
}

const refused = (code: string, path: string) => Object.assign(new Error(`${code}: chmod '${path}'`), { code, path });

afterEach(() => jest.restoreAllMocks());

test.each(['EPERM', 'EACCES'])(
  'whoever may not use another user’s saved plans is told whose they are: %s',
  async (code) => {
    const folder = join(temporaryDirectory('foreign-'), 'cdktf.out', 'stacks', 'bank-foundation');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'cdk.tf.json'), '{}');
    for (const path of [folder, join(folder, 'cdk.tf.json')]) {
      const text = await said(refused(code, path));
      expect(text).toContain(`${folder} belongs to the user with uid ${process.getuid?.()}.`);
      expect(text).toContain('Work in a clone of your own');
      expect(text).not.toContain('Unexpected error');
    }
  },
);

test('of a folder that may not be looked into, the one above is named', async () => {
  const root = temporaryDirectory('foreign-');
  mkdirSync(join(root, 'cdktf.out'));
  const text = await said(refused('EACCES', join(root, 'cdktf.out', 'stacks', 'bank-node-1', 'tfplan')));
  expect(text).toContain(`${join(root, 'cdktf.out')} belongs to`);
});

test('any other file is named', async () => {
  expect(await said(refused('EACCES', 'state/bank'))).toBe(
    'no permission for state/bank (EACCES). Have its owner give you access.',
  );
});
