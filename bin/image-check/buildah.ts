import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseDescription, type ImageDescription } from './image-description';
import type { CommandOptions, Commands } from './commands';

/** Images and containers in a directory of ours: no daemon, and nothing of the machine's own images is touched. */
export class Buildah {
  private readonly storageOptions: readonly string[];

  constructor(
    private readonly directory: string,
    private readonly commands: Commands,
  ) {
    mkdirSync(directory, { recursive: true });
    // The vfs driver copies where others mount: slower, but it works on every file system, inside containers too.
    const [root, run] = [join(directory, 'storage'), join(directory, 'run')];
    this.storageOptions = ['--storage-driver', 'vfs', '--root', root, '--runroot', run];
  }

  /** Runs a subcommand of buildah and returns what it prints. */
  public run(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const name = `buildah ${args[0] ?? ''}`;
    return this.commands.run('buildah', [...this.storageOptions, ...args], { name, ...options });
  }

  /** The same storage, usable after an interruption. */
  public forCleanup(): Buildah {
    return new Buildah(this.directory, this.commands.forCleanup());
  }

  /** Forgets every image, the base image included. */
  public clear(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  public async hasImage(name: string): Promise<boolean> {
    return (await this.run(['images', '--quiet', '--filter', `reference=${name}`])) !== '';
  }

  public async describe(name: string): Promise<ImageDescription> {
    return parseDescription(await this.run(['inspect', '--type', 'image', name]));
  }

  /** Removes the containers of an earlier run, and the images that are not tagged or are tagged `image`. */
  public async removeLeftovers(image: string): Promise<void> {
    await this.run(['rm', '--all']);
    if (await this.hasImage(image)) await this.run(['rmi', image]);
    await this.run(['rmi', '--prune']);
  }

  /** Makes a container of `image` and gives `use` the path of its file system; the container is gone afterwards. */
  public async withContainer<T>(image: string, use: (fileSystem: string, container: string) => Promise<T>): Promise<T> {
    const container = await this.run(['from', '--pull-never', '--arch', 'arm64', image]);
    try {
      return await use(await this.run(['mount', container]), container);
    } finally {
      await this.forCleanup().run(['rm', container]);
    }
  }
}
