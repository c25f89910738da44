import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { provideBaseImage } from './base-image';
import { billOfMaterialsFindings } from './bill-of-materials';
import { Buildah } from './buildah';
import { Commands } from './commands';
import { Container } from './container';
import { enableEmulation } from './emulation';
import { CheckFailed } from './failure';
import { contentFindings, fileBytes, megabytes, sizeFindings } from './image-contents';
import { descriptionFindings } from './image-description';
import { buildArguments, npmAccess } from './npm-access';
import { note, step } from './progress';
import { assertPossible, needsEmulation, thisMachine } from './requirements';
import { runImage } from './run-image';

const IMAGE = 'localhost/image-check-agent:latest';

/**
 * Builds the agent image for ARM64, looks at it, runs it, and leaves nothing behind but the cached base image and logs.
 *
 * @param repository root of the repository; state is kept in its .local/image-check
 * @param fresh makes the base image anew
 * @throws NotPossibleHere when this machine cannot do it
 * @throws CheckFailed when the image is not as it must be
 */
export async function checkImage(repository: string, fresh: boolean, interrupted: AbortSignal): Promise<void> {
  const machine = thisMachine();
  assertPossible(machine);
  const directory = join(repository, '.local', 'image-check');
  const logs = join(directory, 'log');
  rmSync(logs, { recursive: true, force: true });
  const commands = new Commands(logs, interrupted);
  const buildah = new Buildah(join(directory, 'images'), commands);
  const disableEmulation = needsEmulation(machine.arch) ? await enableEmulation(commands) : undefined;
  try {
    await Container.clear(join(directory, 'container'), commands);
    if (fresh) buildah.clear();
    await buildah.removeLeftovers(IMAGE);
    try {
      await buildAndRun(repository, directory, buildah, commands, interrupted);
    } finally {
      await buildah.forCleanup().removeLeftovers(IMAGE);
    }
  } finally {
    await disableEmulation?.();
  }
}

async function buildAndRun(
  repository: string,
  directory: string,
  buildah: Buildah,
  commands: Commands,
  interrupted: AbortSignal,
): Promise<void> {
  const base = await step('Providing the ARM64 base image (a few minutes when it is not cached)', () =>
    provideBaseImage(repository, buildah, commands),
  );
  note(base);
  const context = join(repository, 'agent-image');
  await step('Building the agent image for linux/arm64 (a few minutes)', () => build(context, base, buildah, commands));
  const image = await buildah.describe(IMAGE);
  note(`architecture ${image.architecture}, user ${image.user}`);
  await buildah.withContainer(IMAGE, async (fileSystem) => {
    const bytes = await fileBytes(fileSystem, commands);
    note(`${megabytes(bytes)} uncompressed`);
    const findings = [
      ...descriptionFindings(image),
      ...contentFindings(fileSystem, context),
      ...billOfMaterialsFindings(fileSystem, context),
      ...sizeFindings(bytes),
    ];
    if (findings.length > 0) throw new CheckFailed(`the image is not as it must be:\n  ${findings.join('\n  ')}`);
    await runImage(image, fileSystem, join(directory, 'container'), commands, interrupted);
  });
}

async function build(context: string, base: string, buildah: Buildah, commands: Commands): Promise<void> {
  const access = buildArguments(await npmAccess(commands));
  const platform = ['--isolation', 'chroot', '--platform', 'linux/arm64', '--pull-never'];
  const args = ['--build-arg', `BASE_IMAGE=${base}`, ...access, '--tag', IMAGE, context];
  await buildah.run(['bud', ...platform, ...args], { log: 'build.log' });
}
