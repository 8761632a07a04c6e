import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../cli/setup/process';
import { ensureProviders } from '../../cli/setup/providers';
import { ensureTerraform } from '../../cli/setup/terraform';
import { literal } from '../../constructs/container-defaults';
import { SHAPES } from '../support/shapes';
import {
  type Json,
  SMALLEST,
  type SynthesizedStack,
  shippedTopologies,
  synthesizeToFiles,
  temporaryDirectory,
  topology,
} from '../support/synth';

/** Where no registry answers, the providers are built once, which takes minutes. */
const SETUP_MS = 15 * 60_000;
const TERRAFORM_MS = 60_000;

const LOCK_FILE = '.terraform.lock.hcl';

let terraform: string;
let env: NodeJS.ProcessEnv;
let initialized: string;

const stacks: [string, SynthesizedStack][] = [
  ...shippedTopologies().map((each) => [`${each.environment}.toml`, each] as const),
  ...Object.entries(SHAPES),
  ...['mysql', 'mariadb'].map((dbms) => [dbms, topology(`${SMALLEST}[database]\nengine = "${dbms}"\n`)] as const),
].flatMap(([title, each]) =>
  synthesizeToFiles([each]).stacks.map((stack): [string, SynthesizedStack] => [`${title}: ${stack.name}`, stack]),
);

/** Only the first stack, which uses every provider, is initialized; the others use its data. */
beforeAll(async () => {
  const found = await ensureTerraform();
  terraform = found.binary;
  env = {
    ...(await ensureProviders(found)),
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    TF_DATA_DIR: temporaryDirectory('terraform-'),
  };
  initialized = stacks.find(([title]) => title.endsWith('-foundation'))?.[1].directory as string;
  await run(terraform, ['init', '-backend=false', '-input=false', '-no-color'], { cwd: initialized, env });
}, SETUP_MS);

test.each(stacks)(
  '%s is valid for Terraform and the real providers',
  async (_, { directory }) => {
    if (directory !== initialized) copyFileSync(join(initialized, LOCK_FILE), join(directory, LOCK_FILE));
    const { stdout } = await run(terraform, ['validate', '-json'], { cwd: directory, env }).catch((error) => error);
    const { diagnostics } = JSON.parse(stdout ?? '{"diagnostics":["terraform validate did not answer"]}');
    expect(diagnostics.map(({ summary, detail, address }: Json) => ({ summary, detail, address }))).toEqual([]);
  },
  TERRAFORM_MS,
);

test(
  'text given to Terraform as literal comes out as it was, whatever signs are in it',
  async () => {
    // A fixed pseudo-random sequence: every run tries the same texts.
    let seed = 20260101;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed % below;
    };
    const signs = [
      '$',
      '%',
      '{',
      '}',
      '${',
      '%{',
      '$$',
      '$${',
      '%%{',
      '{x}',
      '{if}',
      '"',
      '\\',
      '\n',
      '~',
      'a',
      ' ',
      'é',
    ];
    const texts = Array.from({ length: 400 }, () =>
      Array.from({ length: 1 + random(7) }, () => signs[random(signs.length)]).join(''),
    );
    const directory = temporaryDirectory('literal-');
    const output = Object.fromEntries(texts.map((text, index) => [`text_${index}`, { value: literal(text) }]));
    writeFileSync(join(directory, 'main.tf.json'), JSON.stringify({ output }));
    const own = { cwd: directory, env: { ...env, TF_DATA_DIR: join(directory, 'data') } };
    await run(terraform, ['apply', '-auto-approve', '-input=false', '-no-color'], own);
    const { stdout } = await run(terraform, ['output', '-json'], own);
    const outputs = JSON.parse(stdout);
    const changed = texts
      .map((text, index) => ({ text, literal: literal(text), read: outputs[`text_${index}`].value }))
      .filter(({ text, read }) => text !== read);
    expect(changed).toEqual([]);
  },
  TERRAFORM_MS,
);
