import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** A folder of lib may import itself, what is listed here, and npm packages. */
const libImports = {
  private: [],
  metrics: ['private'],
  iam: ['private'],
  agent: ['iam', 'private'],
  model: ['agent', 'iam', 'private'],
  functions: ['iam', 'private'],
  auth: ['agent', 'functions', 'handlers', 'iam', 'private'],
  identity: ['agent', 'auth', 'functions', 'iam', 'private'],
  logs: ['iam', 'private'],
  runtime: ['agent', 'auth', 'iam', 'logs', 'metrics', 'model', 'private'],
  gateway: ['agent', 'auth', 'iam', 'logs', 'metrics', 'private'],
  storage: ['agent', 'iam', 'metrics', 'private'],
  tools: ['agent', 'iam', 'metrics', 'private'],
  web: ['agent', 'auth', 'functions', 'handlers', 'iam', 'private', 'storage'],
  handlers: [],
  observability: ['agent', 'functions', 'iam', 'logs', 'metrics', 'model', 'private', 'runtime'],
  checks: ['iam', 'private'],
  testing: ['gateway'],
};

const zones = [
  ...Object.entries(libImports).map(([folder, allowed]) => ({
    target: `./lib/${folder}`,
    from: './lib',
    except: [`./${folder}`, ...allowed.map((name) => `./${name}`)],
    message: `lib/${folder} may import ${['itself', ...allowed.map((name) => `lib/${name}`)].join(', ')} only`,
  })),
  ...['bin', 'web', 'test', 'bench'].map((from) => ({
    target: './lib',
    from: `./${from}`,
    message: `lib never imports ${from}`,
  })),
  {
    target: ['./lib/index.ts', './lib/!(handlers)/**/*.ts'],
    from: './agent-image',
    message: 'lib never imports agent code',
  },
  {
    // They are bundled from the sources, never compiled with the library: what the agent has written, they read with its
    // own code.
    target: './lib/handlers',
    from: './agent-image',
    except: ['./src/caller.ts', './src/history.ts', './src/protocol.ts', './src/quick-service.ts', './src/workspace'],
    message: 'functions may use what reads the kept data of sessions only',
  },
  { target: './lib/index.ts', from: './lib/testing', message: 'lib/testing has its own entry point' },
  { target: './agent-image', from: '.', except: ['./agent-image'], message: 'agent-image imports nothing of ours' },
  {
    target: './bin',
    from: './agent-image',
    except: ['./src/protocol.ts', './src/client.ts'],
    message: 'bin may use the protocol and the client of the agent only',
  },
  { target: './bin', from: './test', message: 'bin never imports test' },
];

export default tseslint.config(
  { ignores: ['**/node_modules/', '**/dist/', 'cdk.out/', 'lib/handlers/bundles/', '.local/', 'coverage/'] },
  js.configs.recommended,
  tseslint.configs.strict,
  tseslint.configs.stylistic,
  {
    files: ['**/*.{ts,mjs,js}'],
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.mjs', '.js', '.json'] })] },
    languageOptions: { globals: { process: 'readonly', module: 'readonly', require: 'readonly', console: 'readonly' } },
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/unified-signatures': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs}', 'test/support/build-before-tests.ts'],
    rules: { 'import-x/no-default-export': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
  prettier,
);
