import { existsSync, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { aws_bedrockagentcore as agentcore, aws_ecr_assets as ecrAssets, IgnoreMode, Stage } from 'aws-cdk-lib';
import type { aws_ecr as ecr } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { packagePath } from '../private/package-root';
import { throwFindings } from '../private/validation';

/** How the image of this library is built. */
export interface ClaudeAgentImageOptions {
  /**
   * The image that the agent is built on: Debian-based, ARM64, with Node 24 and npm.
   *
   * @default - the one the Dockerfile names
   */
  readonly baseImage?: string;

  /**
   * Further arguments of the Dockerfile.
   *
   * @default - none
   */
  readonly buildArgs?: Record<string, string>;
}

/** How an image is built from a directory. */
export interface DirectoryImageOptions {
  /**
   * Arguments of the Dockerfile.
   *
   * @default - none
   */
  readonly buildArgs?: Record<string, string>;

  /**
   * The Dockerfile, relative to the directory.
   *
   * @default 'Dockerfile'
   */
  readonly file?: string;
}

/** An image made known to the stack: what the runtime runs, and where its role pulls it from. */
export interface BoundAgentImage {
  readonly artifact: agentcore.AgentRuntimeArtifact;
  readonly repository: ecr.IRepository;
}

/** The container image of an agent. Always ARM64: AgentCore Runtime runs nothing else. */
export abstract class AgentImage {
  /** The agent server of this library: the Claude Agent SDK behind AgentCore's HTTP contract. */
  public static claudeAgent(options: ClaudeAgentImageOptions = {}): AgentImage {
    return AgentImage.fromDirectory(packagePath('agent-image'), {
      buildArgs: {
        ...options.buildArgs,
        ...(options.baseImage === undefined ? {} : { BASE_IMAGE: options.baseImage }),
      },
    });
  }

  /**
   * An image of your own, built from a directory with a Dockerfile.
   *
   * The image must listen on port 8080 and answer `GET /ping` and `POST /invocations`.
   *
   * @param directory the build context; a relative path is taken from the working directory of the CDK app
   * @throws Error when the directory is missing or empty, or has no Dockerfile
   */
  public static fromDirectory(directory: string, options: DirectoryImageOptions = {}): AgentImage {
    return new DirectoryImage(resolve(directory), options);
  }

  /** Makes the image known to the stack of `scope`. Called once for each runtime. */
  public abstract bind(scope: Construct): BoundAgentImage;
}

class DirectoryImage extends AgentImage {
  constructor(
    private readonly directory: string,
    private readonly options: DirectoryImageOptions,
  ) {
    super();
    throwFindings('AgentImage.fromDirectory', directoryFindings(directory, options.file ?? 'Dockerfile'));
  }

  public bind(scope: Construct): BoundAgentImage {
    const asset = new ecrAssets.DockerImageAsset(scope, 'Image', {
      directory: this.directory,
      platform: ecrAssets.Platform.LINUX_ARM64,
      // Read .dockerignore as the image builder does, so that asset hash and image content cannot disagree.
      ignoreMode: IgnoreMode.DOCKER,
      exclude: outputInside(this.directory, Stage.of(scope)?.outdir ?? 'cdk.out'),
      ...(this.options.file === undefined ? {} : { file: this.options.file }),
      ...(this.options.buildArgs === undefined ? {} : { buildArgs: this.options.buildArgs }),
    });
    return {
      artifact: agentcore.AgentRuntimeArtifact.fromEcrRepository(asset.repository, asset.imageTag),
      repository: asset.repository,
    };
  }
}

/**
 * The output directory of the app as an ignore pattern, where it lies inside the image directory: the asset would
 * otherwise be copied into itself without end. (The CDK excludes its absolute path, which matches nothing.)
 */
function outputInside(directory: string, output: string): string[] {
  const path = relative(directory, resolve(output));
  return path === '' || path.startsWith('..') || isAbsolute(path) ? [] : [path];
}

function directoryFindings(directory: string, file: string): string[] {
  if (!existsSync(directory)) {
    return [`image directory "${directory}" does not exist; give the directory that holds the Dockerfile`];
  }
  if (!statSync(directory).isDirectory()) {
    return [`image directory "${directory}" is a file; give the directory that holds the Dockerfile`];
  }
  if (readdirSync(directory).length === 0) {
    return [`image directory "${directory}" is empty; put the Dockerfile and the sources of the agent there`];
  }
  if (!existsSync(join(directory, file))) {
    return [`image directory "${directory}" has no "${file}"; add it, or name another with the option "file"`];
  }
  return [];
}
