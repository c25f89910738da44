import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerImageBuild } from '@cdklabs/deploy-time-build';
import {
  aws_bedrockagentcore as agentcore,
  aws_ecr as ecr,
  aws_ecr_assets as ecrAssets,
  IgnoreMode,
  RemovalPolicy,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** What an image is built from. */
export interface ImageSource {
  /** The build context, as an absolute path. */
  readonly directory: string;

  /** @default 'Dockerfile' */
  readonly file?: string;

  /** @default - none */
  readonly buildArgs?: Record<string, string>;

  /** Paths, relative to the directory, that are no part of the image besides those of .dockerignore. */
  readonly exclude: string[];
}

/** An image made known to a stack: what the runtime runs, and where its role pulls it from. */
export interface BoundAgentImage {
  readonly artifact: agentcore.AgentRuntimeArtifact;
  readonly repository: ecr.IRepository;
}

/** Options of a build in AWS CodeBuild. */
export interface CodeBuildImageBuilderOptions {
  /**
   * The repository to push to. Every build pushes a tag of its own, so tags can and should be immutable.
   *
   * @default - a repository for the agent: immutable tags, scanned on push, the 20 newest images kept, deleted with the
   * stack
   */
  readonly repository?: ecr.IRepository;
}

/** Where an image is built; always for linux/arm64. */
export abstract class ImageBuilder {
  /** On the machine that deploys, by Docker or what `CDK_DOCKER` names, into the repository of the CDK bootstrap. */
  public static local(): ImageBuilder {
    return new LocalBuilder();
  }

  /**
   * In AWS CodeBuild on ARM64 while the stack deploys: the machine that deploys needs neither Docker nor emulation.
   *
   * Needs `@cdklabs/deploy-time-build` in the app. Adds a CodeBuild project, a function that starts it, and a repository
   * of the agent's own, so that the agent can pull its own images and no others.
   */
  public static codeBuild(options: CodeBuildImageBuilderOptions = {}): ImageBuilder {
    return new CodeBuildBuilder(options);
  }

  /** Has the image built for the stack of `scope`. Called once for each runtime. */
  public abstract build(scope: Construct, source: ImageSource): BoundAgentImage;
}

class LocalBuilder extends ImageBuilder {
  public build(scope: Construct, source: ImageSource): BoundAgentImage {
    const { repository, imageTag } = new ecrAssets.DockerImageAsset(scope, 'Image', {
      ...source,
      platform: ecrAssets.Platform.LINUX_ARM64,
      // Read .dockerignore as image builders do, so that asset hash and image content cannot disagree.
      ignoreMode: IgnoreMode.DOCKER,
    });
    return { artifact: agentcore.AgentRuntimeArtifact.fromEcrRepository(repository, imageTag), repository };
  }
}

class CodeBuildBuilder extends ImageBuilder {
  constructor(private readonly options: CodeBuildImageBuilderOptions) {
    super();
  }

  public build(scope: Construct, source: ImageSource): BoundAgentImage {
    const repository =
      this.options.repository ??
      new ecr.Repository(scope, 'Repository', {
        imageTagMutability: ecr.TagMutability.IMMUTABLE,
        imageScanOnPush: true,
        lifecycleRules: [{ maxImageCount: 20 }],
        removalPolicy: RemovalPolicy.DESTROY,
        emptyOnDelete: true,
      });
    const Build = deployTimeBuild();
    const { imageTag } = new Build(scope, 'Image', {
      ...source,
      // A builder always gets these two, whatever .dockerignore says.
      exclude: [
        ...dockerIgnore(source.directory),
        ...source.exclude,
        '!.dockerignore',
        `!${source.file ?? 'Dockerfile'}`,
      ],
      ignoreMode: IgnoreMode.DOCKER,
      platform: ecrAssets.Platform.LINUX_ARM64,
      repository,
    });
    return { artifact: agentcore.AgentRuntimeArtifact.fromEcrRepository(repository, imageTag), repository };
  }
}

/** Loaded when it is asked for, because an app that builds locally does not have it. */
function deployTimeBuild(): typeof ContainerImageBuild {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would make the optional peer required
    return (require('@cdklabs/deploy-time-build') as { ContainerImageBuild: typeof ContainerImageBuild })
      .ContainerImageBuild;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error(
      'ImageBuilder.codeBuild needs the package "@cdklabs/deploy-time-build", which is not installed; run: npm install @cdklabs/deploy-time-build',
      { cause: error },
    );
  }
}

/** The patterns of .dockerignore. The package reads the file too, but takes its comments for patterns. */
function dockerIgnore(directory: string): string[] {
  const file = join(directory, '.dockerignore');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
