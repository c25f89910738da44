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
  auth: ['agent', 'iam', 'private'],
  runtime: ['agent', 'auth', 'iam', 'metrics', 'model', 'private'],
  storage: ['agent', 'iam', 'private'],
  tools: ['agent', 'iam', 'private'],
  checks: ['iam', 'private'],
  testing: [],
};

const zones = [
  ...Object.entries(libImports).map(([folder, allowed]) => ({
    target: `./lib/${folder}`,
    from: './lib',
    except: [`./${folder}`, ...allowed.map((name) => `./${name}`)],
    message: `lib/${folder} may import ${['itself', ...allowed.map((name) => `lib/${name}`)].join(', ')} only`,
  })),
  ...['bin', 'web', 'test', 'bench', 'agent-image'].map((from) => ({
    target: './lib',
    from: `./${from}`,
    message: `lib never imports ${from}`,
  })),
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
  { ignores: ['**/node_modules/', '**/dist/', 'cdk.out/', '.local/', 'coverage/'] },
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
    files: ['**/*.{js,mjs}', 'test/support/build-agent-image.ts'],
    rules: { 'import-x/no-default-export': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
  prettier,
);
