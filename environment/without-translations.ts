import { createRequire, Module } from 'node:module';

// Imported before zod, this keeps it from loading its messages in 63 languages, a file each, which take a tenth of the time of a synthesis.
// Those in English it loads by itself.
const { cache, resolve } = createRequire(__filename);
const translations = resolve('zod/v4/locales');
cache[translations] ??= Object.assign(new Module(translations), { filename: translations, loaded: true, exports: {} });
