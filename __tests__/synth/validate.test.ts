import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
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

let terraform: string;
let env: NodeJS.ProcessEnv;
let diagnostics: Json[];

const stacks: [string, SynthesizedStack][] = [
  ...shippedTopologies().map((each) => [`${each.environment}.toml`, each] as const),
  ...Object.entries(SHAPES),
  ...['mysql', 'mariadb'].map((dbms) => [dbms, topology(`${SMALLEST}[database]\nengine = "${dbms}"\n`)] as const),
].flatMap(([title, each]) =>
  synthesizeToFiles([each]).stacks.map((stack): [string, SynthesizedStack] => [`${title}: ${stack.name}`, stack]),
);
/** A configuration that the real providers refuse: what says nothing about it has not looked. */
const WRONG = { docker_network: { wrong: { name: 'wrong', drivr: 'bridge' } } };

/** As modules of one configuration: Terraform starts each provider once for all of them. */
beforeAll(async () => {
  const found = await ensureTerraform();
  terraform = found.binary;
  env = { ...(await ensureProviders(found)), CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1' };
  const directory = temporaryDirectory('stacks-');
  const write = (name: string, content: object) => {
    mkdirSync(join(directory, name), { recursive: true });
    writeFileSync(join(directory, name, 'main.tf.json'), JSON.stringify(content, null, 2));
  };
  for (const [index, [, { json }]] of stacks.entries()) {
    // What only a root may have, and "init" checks; an empty block of a provider is deprecated in a module.
    const {
      terraform: { backend: _backend, ...settings },
      provider,
      ...content
    } = json;
    const configured = Object.entries<Json>(provider).filter(([, [block]]) => Object.keys(block).length > 0);
    const providers = configured.length > 0 && { provider: Object.fromEntries(configured) };
    write(`stack-${index}`, { ...content, terraform: settings, ...providers });
  }
  const first = stacks[0]?.[1].json as Json;
  write('wrong', { terraform: { required_providers: first.terraform.required_providers }, resource: WRONG });
  const names = [...stacks.map((_, index) => `stack-${index}`), 'wrong'];
  write('.', { module: Object.fromEntries(names.map((name) => [name, { source: `./${name}` }])) });
  await run(terraform, ['init', '-backend=false', '-input=false', '-no-color'], { cwd: directory, env });
  const { stdout } = spawnSync(terraform, ['validate', '-json'], {
    cwd: directory,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  diagnostics = JSON.parse(stdout).diagnostics;
}, SETUP_MS);

const about = (folder: string) =>
  diagnostics
    .filter(({ range }) => range?.filename.startsWith(`${folder}/`))
    .map(({ summary, detail, address }) => ({ summary, detail, address }));

test.each(stacks.map(([title], index) => [title, index] as const))(
  '%s is valid for Terraform and the real providers',
  (_, index) => {
    expect(about(`stack-${index}`)).toEqual([]);
  },
);

test('what is wrong is found, and nothing else', () => {
  expect(about('wrong')).toEqual([expect.objectContaining({ detail: expect.stringContaining('drivr') })]);
  expect(diagnostics).toHaveLength(1);
});

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
