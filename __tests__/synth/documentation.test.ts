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

test.each(of('ts'))(
  '%s compiles',
  (_, text) => {
    expect(problemsIn(text)).toEqual([]);
  },
  120_000,
);

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

test('a mistake in an example would be found', () => {
  expect(problemsIn("import { Missing } from './constructs';\nnew Missing();\n")).toEqual([
    expect.stringContaining('Missing'),
  ]);
}, 120_000);

/** What the compiler says about this text in a file beside main.ts. */
function problemsIn(text: string): string[] {
  const file = join(PROJECT, 'example-in-the-documentation.ts');
  const { config } = ts.readConfigFile(join(PROJECT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['main.ts'] }, ts.sys, PROJECT);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? text : readFile(name));
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
