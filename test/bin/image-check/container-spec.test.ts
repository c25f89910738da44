import { containerSpec } from '../../../bin/image-check/container-spec';
import type { ImageDescription } from '../../../bin/image-check/image-description';

const image: ImageDescription = {
  architecture: 'arm64',
  user: '10001:20002',
  environment: ['PATH=/usr/local/bin', 'HOME=/home/agent'],
  workingDirectory: '/app',
  command: ['node', 'dist/main.js'],
  ports: ['8080/tcp'],
};

describe('containerSpec', () => {
  it('runs the command of the image as its user, in its directory, with what the deployment adds', () => {
    const { process } = containerSpec(image, '/mnt/image', { PORT: '4711' });

    expect(process).toMatchObject({
      user: { uid: 10001, gid: 20002 },
      args: ['node', 'dist/main.js'],
      env: ['PATH=/usr/local/bin', 'HOME=/home/agent', 'PORT=4711'],
      cwd: '/app',
      noNewPrivileges: true,
    });
    expect(process).not.toHaveProperty('capabilities');
  });

  it('mounts the root read-only, and gives the user HOME and everybody /tmp in memory', () => {
    const { root, mounts } = containerSpec(image, '/mnt/image', {});
    const options = (destination: string): readonly string[] | undefined =>
      mounts.find((mount) => mount.destination === destination && mount.type === 'tmpfs')?.options;

    expect(root).toEqual({ path: '/mnt/image', readonly: true });
    expect(options('/home/agent')).toEqual(expect.arrayContaining(['mode=700', 'uid=10001', 'gid=20002']));
    expect(options('/tmp')).toEqual(expect.arrayContaining(['mode=1777']));
  });

  it.each([{ user: 'agent' }, { environment: ['PATH=/usr/local/bin'] }])('refuses an image with %j', (change) => {
    expect(() => containerSpec({ ...image, ...change }, '/mnt/image', {})).toThrow(/a numeric USER and a HOME/);
  });
});
