import { join } from 'node:path';
import { readArguments, UsageError } from '../../../bin/local/arguments';

const HERE = '/app';

describe('readArguments', () => {
  it('has a default for everything', () => {
    expect(readArguments([], {}, HERE)).toEqual({
      directory: HERE,
      state: join(HERE, '.local'),
      port: 8080,
      region: 'us-east-1',
      model: 'scripted',
    });
  });

  it('reads flags and environment, of which the flags win', () => {
    const args = ['--state', 'elsewhere', '--runtime', 'two', '--model', 'scripted'];
    const environment = { PORT: '0', LOCAL_MODEL: 'bedrock', AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-west-2' };

    expect(readArguments(args, environment, HERE)).toEqual({
      directory: HERE,
      state: join(HERE, 'elsewhere'),
      port: 0,
      region: 'eu-west-1',
      model: 'scripted',
      runtime: 'two',
    });
    expect(readArguments([], environment, HERE)).toMatchObject({ model: 'bedrock' });
    expect(readArguments(['--model', 'provider'], environment, HERE)).toMatchObject({ model: 'provider' });
  });

  it('lets code run without a sandbox only when that is asked for', () => {
    expect(readArguments(['--unsandboxed-code'], {}, HERE)).toMatchObject({ unsandboxedCode: true });
    expect(readArguments([], {}, HERE)).not.toHaveProperty('unsandboxedCode');
  });

  it('gives nothing to run when only the usage is asked for', () => {
    expect(readArguments(['--help'], {}, HERE)).toBeUndefined();
  });

  it.each<[string, string[], Record<string, string>, string]>([
    ['an unknown flag', ['--fast'], {}, "Unknown option '--fast'"],
    ['a flag without its value', ['--runtime'], {}, 'argument missing'],
    ['an argument', ['now'], {}, "Unexpected argument 'now'"],
    [
      'a model it does not know',
      ['--model', 'gpt'],
      {},
      'the model is "gpt"; expected scripted or bedrock or provider',
    ],
    ['such a model in the environment', [], { LOCAL_MODEL: 'gpt' }, 'the model is "gpt"'],
    ['a port that is none', [], { PORT: '80a' }, 'PORT is "80a"; expected a number from 0 to 65535'],
    ['a port out of range', [], { PORT: '65536' }, 'PORT is "65536"'],
    ['a Region that is none', [], { AWS_REGION: 'Frankfurt' }, 'AWS_REGION is "Frankfurt"'],
  ])('refuses %s', (_, args, environment, message) => {
    const read = (): unknown => readArguments(args, environment, HERE);

    expect(read).toThrow(UsageError);
    expect(read).toThrow(message);
  });
});
