import { buildArguments } from '../../../bin/image-check/npm-access';

const registry = 'https://registry.example.com/npm/';

describe('buildArguments', () => {
  it('tells the build which registry to use', () => {
    expect(buildArguments({ registry, caFile: undefined })).toEqual(['--build-arg', `NPM_CONFIG_REGISTRY=${registry}`]);
  });

  it('mounts a certificate authority read-only and names the place where it is mounted', () => {
    const args = buildArguments({ registry, caFile: '/etc/corporate.pem' });
    const [, from, to, mode] = /^(.+):(.+):(.+)$/.exec(args[args.indexOf('--volume') + 1] ?? '') ?? [];

    expect({ from, mode }).toEqual({ from: '/etc/corporate.pem', mode: 'ro' });
    expect(args).toContain(`NODE_EXTRA_CA_CERTS=${to}`);
  });
});
