const { availableParallelism } = require('node:os');

const compiled = (syntax) => [
  '@swc/jest',
  { jsc: { parser: { syntax }, target: 'es2023' }, module: { type: 'commonjs' } },
];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts'],
  // Real processes on a busy machine; no test measures time by this limit.
  testTimeout: 60_000,
  // More processes than processors: many tests wait for programs that they have started, or for time to pass.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  transform: {
    '^.+\\.ts$': compiled('typescript'),
    // An ES module, which jest cannot require as it is.
    '/node_modules/jose/.+\\.js$': compiled('ecmascript'),
  },
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
};
