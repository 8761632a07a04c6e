/**
 * Lets Node.js load our TypeScript: `node --require ./typescript.cjs main.ts`. Each file is compiled once, by esbuild, and kept with the
 * hash of its content and of the compiler: what is kept for another content is never used. A loader for ES modules as well, such as tsx,
 * takes a process twice as long to start.
 */
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { basename, dirname, join, relative } = require('node:path');
const { version } = require('esbuild/package.json');

const CACHE = join(__dirname, 'node_modules', '.cache', 'compiled.json');
/** Hash and code of each file, by its path from here. */
const kept = read();
let changed = false;

Module._extensions['.ts'] = (module, file) => {
  const source = readFileSync(file, 'utf8');
  const hash = createHash('sha256').update(`${version}\0${source}`).digest('hex');
  const name = relative(__dirname, file);
  const known = kept[name]?.hash === hash ? kept[name] : { hash, code: compile(source, basename(file)) };
  // What is not ours is nobody's to keep.
  if (known !== kept[name] && !name.startsWith('..')) {
    kept[name] = known;
    changed = true;
  }
  module._compile(known.code, file);
};
process.setSourceMapsEnabled(true);
process.once('exit', write);

function compile(source, sourcefile) {
  const options = { loader: 'ts', format: 'cjs', target: 'node20', sourcemap: 'inline', sourcesContent: false };
  return require('esbuild').transformSync(source, { ...options, sourcefile }).code;
}

function read() {
  try {
    return JSON.parse(readFileSync(CACHE, 'utf8'));
  } catch {
    return {};
  }
}

function write() {
  if (!changed) return;
  const own = `${CACHE}.${process.pid}`;
  try {
    mkdirSync(dirname(CACHE), { recursive: true });
    writeFileSync(own, JSON.stringify(kept));
    renameSync(own, CACHE);
  } catch {
    // Who may not write here compiles again the next time.
  }
}
