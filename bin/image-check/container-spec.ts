import { CheckFailed } from './failure';
import { numericUser, type ImageDescription } from './image-description';

/** The parts of the OCI runtime specification's config.json that are used. */
export interface ContainerSpec {
  readonly ociVersion: string;
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly process: {
    readonly terminal: boolean;
    readonly user: { readonly uid: number; readonly gid: number };
    readonly args: readonly string[];
    readonly env: readonly string[];
    readonly cwd: string;
    readonly noNewPrivileges: boolean;
  };
  readonly mounts: readonly Mount[];
  readonly linux: { readonly namespaces: readonly { readonly type: string }[] };
}

interface Mount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/**
 * How an image is run for the check: by its own user, command and environment, without capabilities, on a read-only root
 * file system with HOME and /tmp in memory. It shares the machine's network, so that the scripted model is reached.
 *
 * @param environment variables beside the image's own, as a deployment sets them
 * @throws CheckFailed when the image names no numeric user or no HOME
 */
export function containerSpec(
  image: ImageDescription,
  fileSystem: string,
  environment: Readonly<Record<string, string>>,
): ContainerSpec {
  const user = numericUser(image.user);
  const home = image.environment.find((entry) => entry.startsWith('HOME='))?.slice('HOME='.length);
  if (user === undefined || home === undefined) {
    throw new CheckFailed('the image cannot be run: it must name a numeric USER and a HOME.');
  }
  const owner = [`uid=${user.uid}`, `gid=${user.gid}`];
  return {
    ociVersion: '1.0.2',
    root: { path: fileSystem, readonly: true },
    process: {
      terminal: false,
      user,
      args: image.command,
      env: [...image.environment, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)],
      cwd: image.workingDirectory,
      noNewPrivileges: true,
    },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
      inMemory('/dev', ['mode=755']),
      inMemory('/dev/shm', ['mode=1777', 'nodev']),
      inMemory('/tmp', ['mode=1777', 'nodev']),
      inMemory(home, ['mode=700', 'nodev', ...owner]),
    ],
    linux: { namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'ipc' }, { type: 'uts' }] },
  };
}

function inMemory(destination: string, options: readonly string[]): Mount {
  return { destination, type: 'tmpfs', source: 'tmpfs', options: ['nosuid', ...options] };
}
