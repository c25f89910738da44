const { availableParallelism } = require('node:os');

// Validation at synth costs over a second per test file; `npm run synth` is the one place that runs it.
process.env.CDK_VALIDATION = 'false';

const swc = [
  '@swc/jest',
  {
    jsc: { target: 'es2023', parser: { syntax: 'typescript', decorators: false }, keepClassNames: true },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

/** @type {import('jest').Config} */
module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/support/build-before-tests.ts',
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/cdk.out', '<rootDir>/.local'],
  testTimeout: 90_000,
  // Most of the time tests wait for the processes that they start.
  maxWorkers: Math.max(3, availableParallelism() - 1),
  // jose is published as ES modules alone, which jest runs only when they are compiled.
  transform: { '^.+\\.ts$': swc, '/node_modules/jose/.+\\.js$': swc },
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
};
