import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { run } from '../../cli/setup/process';
import { PROJECT, readSynthesized, synthesizeToFiles, temporaryDirectory, topology } from '../support/synth';

/** Blocks that the documentation marks as complete; whoever copies one must get what it promises. */
const EXAMPLES = ['README.md', ...readdirSync(join(PROJECT, 'docs')).map((file) => join('docs', file))]
  .filter((file) => file.endsWith('.md'))
  .flatMap((file) => {
    const blocks = readFileSync(join(PROJECT, file), 'utf8').matchAll(/^```(toml|ts) complete\n(.*?)^```$/gms);
    return [...blocks].map(([, language, text], index) => ({
      name: `${file}, ${index + 1}`,
      language,
      text: text ?? '',
    }));
  });
const of = (language: string) =>
  EXAMPLES.filter((example) => example.language === language).map(({ name, text }) => [name, text] as const);

test('there are examples of both kinds', () => {
  expect(of('toml').length).toBeGreaterThan(0);
  expect(of('ts').length).toBeGreaterThan(0);
});

test.each(of('toml'))('%s is a configuration that synthesizes', (_, toml) => {
  const each = topology(toml, 'example');
  expect(synthesizeToFiles([each]).stacks.map(({ name }) => name)).toEqual(each.stacks.map(({ name }) => name));
});

describe('the compiler', () => {
  const MISTAKE = "import { Missing } from './constructs';\nnew Missing();\n";
  let problems: string[][];
  beforeAll(() => {
    problems = problemsIn([MISTAKE, ...of('ts').map(([, text]) => text)]);
  }, 120_000);

  test.each(of('ts').map(([name], index) => [name, index + 1] as const))('has nothing to say about %s', (_, index) => {
    expect(problems[index]).toEqual([]);
  });

  test('would find a mistake in an example', () => {
    expect(problems[0]).toEqual([expect.stringContaining('Missing')]);
  });
});

test.each(of('ts'))(
  '%s synthesizes when it is run in the project',
  async (_, text) => {
    const outdir = temporaryDirectory('example-');
    await run(join(PROJECT, 'node_modules', '.bin', 'tsx'), ['-e', text], {
      cwd: PROJECT,
      env: { CDKTF_OUTDIR: outdir, CONFIG_DIRECTORY: undefined },
    });
    expect(readSynthesized(outdir).stacks.flatMap(({ resources }) => resources).length).toBeGreaterThan(0);
  },
  60_000,
);

/** What the compiler says about each of these texts, in files beside main.ts. One program for all: most of its time goes into cdktf. */
function problemsIn(texts: readonly string[]): string[][] {
  const files = new Map(texts.map((text, index) => [join(PROJECT, `example-${index}-in-the-documentation.ts`), text]));
  const { config } = ts.readConfigFile(join(PROJECT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['main.ts'] }, ts.sys, PROJECT);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].map((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  );
}
