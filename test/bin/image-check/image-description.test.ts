import { CheckFailed } from '../../../bin/image-check/failure';
import {
  descriptionFindings,
  numericUser,
  parseDescription,
  type ImageDescription,
} from '../../../bin/image-check/image-description';

const inspection = (config: object, architecture = 'arm64'): string =>
  JSON.stringify({ Type: 'buildah 0.0.1', OCIv1: { architecture, config } });

const good: ImageDescription = {
  architecture: 'arm64',
  user: '10001:10001',
  environment: ['HOME=/home/agent', 'NODE_ENV=production'],
  workingDirectory: '/app',
  command: ['node', 'dist/main.js'],
  ports: ['8080/tcp'],
};

describe('parseDescription', () => {
  it('puts the entry point before the command', () => {
    const image = parseDescription(
      inspection({
        User: '10001:10001',
        Env: ['HOME=/home/agent', 'NODE_ENV=production'],
        WorkingDir: '/app',
        Entrypoint: ['node'],
        Cmd: ['dist/main.js'],
        ExposedPorts: { '8080/tcp': {} },
      }),
    );

    expect(image).toEqual(good);
  });

  it('reads what a builder leaves out as root, nothing and the root directory', () => {
    expect(parseDescription(inspection({ Entrypoint: null }))).toEqual({
      architecture: 'arm64',
      user: '',
      environment: [],
      workingDirectory: '/',
      command: [],
      ports: [],
    });
  });

  it.each(['not JSON', '{}', '{"OCIv1":{}}'])('refuses %s as an inspection', (text) => {
    expect(() => parseDescription(text)).toThrow(CheckFailed);
  });
});

describe('numericUser', () => {
  it('reads both ids, and neither of a name or of a user alone', () => {
    expect(numericUser('10001:20002')).toEqual({ uid: 10001, gid: 20002 });
    expect(['agent', 'agent:agent', '10001', '', '10001:agent'].map(numericUser)).toEqual(Array(5).fill(undefined));
  });
});

describe('descriptionFindings', () => {
  it('finds nothing in an image that is right', () => {
    expect(descriptionFindings(good)).toEqual([]);
  });

  it.each([
    [{ architecture: 'amd64' }, /architecture is "amd64"/],
    [{ user: 'agent' }, /user is "agent": USER must be <uid>:<gid> in numbers/],
    [{ user: '' }, /user is ""/],
    [{ user: '0:0' }, /must not be root/],
    [{ ports: ['80/tcp'] }, /exposes 80\/tcp: AgentCore Runtime calls port 8080/],
    [{ ports: [] }, /exposes no port/],
    [{ command: ['/bin/sh', '-c', 'node dist/main.js'] }, /no shell that swallows signals/],
    [{ environment: ['HOME=/home/agent'] }, /NODE_ENV/],
  ])('finds %j', (change, finding) => {
    expect(descriptionFindings({ ...good, ...change })).toEqual([expect.stringMatching(finding)]);
  });

  it('finds everything at once', () => {
    expect(descriptionFindings({ ...good, architecture: 'amd64', user: 'root', ports: [] })).toHaveLength(3);
  });
});
