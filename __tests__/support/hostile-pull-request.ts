import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a pull request does to a checkout, and the words by which the workflow's step must refuse to plan it. */
export interface Hostile {
  readonly attack: string;
  readonly refusal: string;
  readonly apply: (checkout: string) => void;
}

const REMOTE = '[state]\nbackend = "http"\nsettings = { address = "https://state.bank.example" }\n';
const SERVER = '[identity_server]\ndistribution = "wso2is-7.1.0"\n';

/** An environment of the target branch and what the pull request makes of it; one file for each, so that one pull request holds all. */
interface Proposed {
  readonly attack: string;
  readonly refusal: string;
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
}

const CLUSTER = '[platform]\nkind = "kubernetes"\ncontext = "bank"\nnamespace = "identity"\n';

const changed = (attack: string, refusal: string, theirs: string | undefined, ours = SERVER + REMOTE): Proposed => ({
  attack,
  refusal,
  ours,
  theirs,
});
const withServer = (line: string) => `${SERVER}${line}\n${REMOTE}`;
const BUILD = 'image = "bank/is"\nbuild = { accelerator = "fs.zip" }';

/** By the name of their environment. */
export const PROPOSED: Readonly<Record<string, Proposed>> = {
  'h-engine': changed(
    'another engine',
    'engine changes',
    `${SERVER}${REMOTE}[engine]\nhost = "tcp://evil.example:2376"\n`,
  ),
  'h-platform': changed(
    'another platform',
    'platform changes',
    `${SERVER}${REMOTE}[platform]\nkind = "kubernetes"\ncontext = "evil"\nnamespace = "evil"\n`,
  ),
  'h-context': changed(
    'another cluster',
    'platform changes',
    SERVER + REMOTE + CLUSTER.replace('"bank"', '"payments"'),
    SERVER + REMOTE + CLUSTER,
  ),
  'h-namespace': changed(
    'the namespace of somebody else, by dotted keys',
    'platform changes',
    `platform.kind = "kubernetes"\nplatform."context" = "bank"\nplatform.namespace = "payments"\n${SERVER}${REMOTE}`,
    SERVER + REMOTE + CLUSTER,
  ),
  'h-home': changed(
    "the runner's own engine instead of the cluster",
    'platform changes',
    SERVER + REMOTE,
    SERVER + REMOTE + CLUSTER,
  ),
  'h-new-cluster': {
    attack: 'a new environment in the namespace of somebody else',
    refusal: 'it is new',
    ours: undefined,
    theirs: SERVER + REMOTE + CLUSTER.replace('"identity"', '"payments"'),
  },
  'h-state': changed('another state', 'state changes', SERVER + REMOTE.replace('bank', 'evil')),
  'h-quoted': changed('another state by quoted keys', 'state changes', `"state" = { "backend" = "s3" }\n${SERVER}`),
  'h-new': { attack: 'a new environment', refusal: 'it is new', ours: undefined, theirs: SERVER + REMOTE },
  'h-removed': changed('a removed environment', 'its file is removed', undefined),
  'h-local': changed('a state on the runner', 'its state is a file on one machine', `${SERVER}nodes = 3\n`, SERVER),
  'h-build': changed(
    'an image build',
    'identity_server.build changes',
    withServer('build = { accelerator = "README.md" }'),
  ),
  'h-driver': changed(
    'a driver of an image build',
    'identity_server.build changes',
    withServer('build = { driver = "evil:evil:1" }'),
  ),
  'h-archive': changed(
    'another archive of an image build',
    'identity_server.build changes',
    withServer(BUILD.replace('fs.zip', 'build/pull-request/README.md')),
    withServer(BUILD),
  ),
  'h-image': changed(
    'an image whose programs would build another',
    'identity_server.image changes',
    withServer(BUILD.replace('bank/is', 'evil/is')),
    withServer(BUILD),
  ),
  'h-distribution': changed(
    'another distribution',
    'identity_server.distribution changes',
    SERVER.replace('wso2is-7.1.0', 'sandbox') + REMOTE,
  ),
  'h-jar': changed(
    'a jar of the checkout',
    'identity_server.driver_jar changes',
    withServer('driver_jar = "../build/pull-request/evil.jar"'),
  ),
  'h-dotted': changed(
    'a jar by a dotted key',
    'identity_server.driver_jar changes',
    `identity_server."driver_jar" = "x.jar"\nidentity_server.distribution = "wso2is-7.1.0"\n${REMOTE}`,
  ),
  'h-no-toml': changed('what is no TOML', 'is no valid TOML', '::add-mask::a\n##[add-mask]b\n'),
  'h-deep': changed('lists without end', 'is no valid TOML', `x = ${'['.repeat(100_000)}\n`),
  'h-large': changed('a file without end', 'is no valid TOML', `${SERVER}${REMOTE}# ${'x'.repeat(300_000)}\n`),
  'h-prototype': changed('a key of the language', 'is no valid TOML', `${SERVER}${REMOTE}[__proto__]\nx = 1\n`),
};

/** An environment in which nothing is wrong: with code beside it, it is not planned either. */
const HARMLESS = 'h-harmless';

export function writeTargetBranch(checkout: string): void {
  for (const [name, { ours }] of Object.entries(PROPOSED)) writeEnvironment(checkout, name, ours);
  writeEnvironment(checkout, HARMLESS, SERVER + REMOTE);
}

export function writeProposed(checkout: string): void {
  for (const [name, { theirs }] of Object.entries(PROPOSED)) writeEnvironment(checkout, name, theirs);
}

function writeEnvironment(checkout: string, name: string, text: string | undefined): void {
  const file = join(checkout, 'config', `${name}.toml`);
  if (text === undefined) rmSync(file, { force: true });
  else writeFileSync(file, text);
}

/**
 * What a pull request that is planned may write, as nobody but the server reads it: text that Terraform, a shell, a template or GitHub
 * would obey. Quotes and "<" are refused before. @param canary file that it would make
 */
export function hostileText(canary: string): Readonly<Record<string, string>> {
  const interpolation = '${';
  return {
    terraform: `${interpolation}path.cwd}`,
    directive: '%{ for each in [1, 2] }x%{ endfor }',
    function: `${interpolation}jsonencode(terraform.workspace)}`,
    shell: `$(touch ${canary})`,
    backticks: `\`touch ${canary}\``,
    sequel: `'; touch ${canary}; '`,
    variable: `${interpolation}IFS}$HOME`,
    template: '{{ 7 * 7 }} {% raw %}',
    order: '##[add-mask]0',
    begins: '::add-mask::a',
    fence: '``` ~~~ | # [x](javascript:alert(1))',
  };
}

/** @param canary file that any code of the pull request would make */
export function hostileCode(canary: string): Hostile[] {
  const script = `require('node:fs').writeFileSync(${JSON.stringify(canary)}, '');\n`;
  const shell = `#!/bin/sh\ntouch ${JSON.stringify(canary)}\n`;
  const code = (attack: string, path: string, text: string): Hostile => ({
    attack,
    refusal: JSON.stringify(path),
    apply: (checkout) => {
      mkdirSync(dirname(join(checkout, path)), { recursive: true });
      rmSync(join(checkout, path), { force: true });
      if (text.startsWith('-> ')) symlinkSync(text.slice(3), join(checkout, path));
      else writeFileSync(join(checkout, path), text, { mode: text === shell ? 0o755 : 0o644 });
      writeEnvironment(checkout, HARMLESS, withServer('nodes = 3'));
    },
  });
  return [
    code('the program', 'main.ts', script),
    code('the tool that takes the configuration', 'tools/take-configuration.ts', script),
    code('the script that starts it', '.github/scripts/run-tool.sh', shell),
    code('a script of the installation', '.npmrc', 'script-shell=/tmp/evil\nignore-scripts=false\n'),
    code('the makefile', 'Makefile', `$(shell touch ${canary})\n`),
    code('attributes of files', '.gitattributes', '*.toml ident\n'),
    code('an archive that a TAB gives the ending of a page', 'docs/notes.md\t.zip', 'PK'),
    code('a page with a line feed in its name', 'docs/notes\n.md', 'text'),
    code('a page whose name is an order to GitHub', '##[add-mask]0.md', 'text'),
    code('a page with an escape sequence in its name', 'docs/\u001b[2K.md', 'text'),
    code('a configuration that is a link', `config/${HARMLESS}-link.toml`, '-> /etc/hostname'),
    code('a page that is a link', 'README.md', '-> /etc/hostname'),
  ];
}
