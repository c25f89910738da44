import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentConfig, ConfigError, prepareDirectories, readConfig } from '../../agent-image/src/config';

const MINIMAL = {
  AGENT_MODEL_MAIN: 'global.anthropic.claude-sonnet-5-5',
  AWS_REGION: 'eu-west-1',
  HOME: '/home/agent',
};

describe('the environment', () => {
  it('needs model, Region and home only', () => {
    expect(readConfig(MINIMAL)).toEqual({
      host: '0.0.0.0',
      port: 8080,
      region: 'eu-west-1',
      models: {
        main: 'global.anthropic.claude-sonnet-5-5',
        fast: 'global.anthropic.claude-sonnet-5-5',
        subagent: 'global.anthropic.claude-sonnet-5-5',
      },
      home: '/home/agent',
      configDirectory: '/home/agent/.claude',
      workspaceDirectory: '/home/agent/workspace',
    });
  });

  it('sets every value', () => {
    expect(
      readConfig({
        ...MINIMAL,
        HOST: '127.0.0.1',
        PORT: '0',
        AGENT_MODEL_FAST: 'anthropic.claude-haiku-5-5-v1:0',
        AGENT_MODEL_SUBAGENT:
          'arn:aws-us-gov:bedrock:us-gov-west-1:111122223333:inference-profile/us-gov.anthropic.x-1:0',
        CLAUDE_CONFIG_DIR: '/data/claude',
        AGENT_WORKSPACE_DIR: '/data/work',
        AGENT_DEFINITION_DIR: '/data/definition',
      }),
    ).toMatchObject({
      host: '127.0.0.1',
      port: 0,
      models: { fast: 'anthropic.claude-haiku-5-5-v1:0', subagent: expect.stringContaining('inference-profile') },
      configDirectory: '/data/claude',
      workspaceDirectory: '/data/work',
      definitionDirectory: '/data/definition',
    });
  });

  it('takes a variable that is set to nothing for one that is not set', () => {
    expect(readConfig({ ...MINIMAL, PORT: '', AGENT_MODEL_FAST: '' })).toEqual(readConfig(MINIMAL));
  });

  it.each([
    ['AGENT_MODEL_MAIN', undefined, 'AGENT_MODEL_MAIN is not set: give an inference profile id such as'],
    ['AGENT_MODEL_MAIN', 'sonnet', 'AGENT_MODEL_MAIN is "sonnet": give an inference profile id'],
    ['AGENT_MODEL_MAIN', 'global.anthropic.claude sonnet', 'give an inference profile id'],
    ['AGENT_MODEL_MAIN', 'arn:aws:s3:::bucket', 'AGENT_MODEL_MAIN is "arn:aws:s3:::bucket"'],
    ['AGENT_MODEL_FAST', 'haiku', 'AGENT_MODEL_FAST is "haiku"'],
    ['AGENT_MODEL_SUBAGENT', '${Token[TOKEN.12]}', 'AGENT_MODEL_SUBAGENT is "${Token[TOKEN.12]}"'],
    ['AWS_REGION', undefined, 'AWS_REGION is not set'],
    ['AWS_REGION', 'Ireland', 'AWS_REGION is "Ireland": give a Region such as eu-west-1'],
    ['PORT', '65536', 'PORT is "65536": give a number from 0 (any free port) to 65535'],
    ['PORT', '-1', 'PORT is "-1"'],
    ['HOME', undefined, 'HOME is not set'],
    ['HOME', 'home', 'HOME is "home": give an absolute path'],
    ['CLAUDE_CONFIG_DIR', './claude', 'CLAUDE_CONFIG_DIR is "./claude": give an absolute path'],
    ['AGENT_WORKSPACE_DIR', 'work', 'AGENT_WORKSPACE_DIR is "work": give an absolute path'],
    ['AGENT_DEFINITION_DIR', 'definition', 'AGENT_DEFINITION_DIR is "definition": give an absolute path'],
  ])('with %s = %s is refused in a sentence', (name, value, message) => {
    const read = (): AgentConfig => readConfig({ ...MINIMAL, [name]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
  });
});

describe('the directories', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'agent-config-'));
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('are made, and nothing is left in them', () => {
    const config = readConfig({ ...MINIMAL, HOME: join(root, 'new', 'home') });
    prepareDirectories(config);
    expect(existsSync(config.workspaceDirectory)).toBe(true);
    expect(readdirSync(config.configDirectory)).toEqual([]);
  });

  it.each(['CLAUDE_CONFIG_DIR', 'AGENT_WORKSPACE_DIR'])('that cannot be written to are refused by %s', (variable) => {
    writeFileSync(join(root, 'a-file'), '');
    const config = readConfig({ ...MINIMAL, HOME: root, [variable]: join(root, 'a-file', 'below') });
    expect(() => prepareDirectories(config)).toThrow(
      `The agent cannot write to ${join(root, 'a-file', 'below')} (ENOTDIR): set ${variable} to a directory`,
    );
  });
});
