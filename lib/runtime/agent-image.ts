import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { aws_bedrockagentcore as agentcore, aws_ecr as ecr, Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { AgentDefinition } from '../agent/agent-definition';
import { packagePath } from '../private/package-root';
import { throwFindings } from '../private/validation';
import { platformFindings } from './dockerfile-rules';
import { ImageBuilder, type BoundAgentImage } from './image-builder';
import { IMAGE_URI, tagFindings, uriFinding, warnOfMutableTags, warnOfOtherRegion } from './image-reference';
import { stageImage } from './staged-image';

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

  /**
   * Prompt, sub-agents, skills, MCP servers and tools of the agent.
   *
   * @default - a short prompt for a chat, and no tools
   */
  readonly definition?: AgentDefinition;

  /**
   * Where the image is built.
   *
   * @default ImageBuilder.local()
   */
  readonly builder?: ImageBuilder;
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

  /**
   * Where the image is built.
   *
   * @default ImageBuilder.local()
   */
  readonly builder?: ImageBuilder;
}

/** The container image of an agent. Always ARM64: AgentCore Runtime runs nothing else. */
export abstract class AgentImage {
  /** The agent server of this library: the Claude Agent SDK behind AgentCore's HTTP contract. */
  public static claudeAgent(options: ClaudeAgentImageOptions = {}): AgentImage {
    const { baseImage, buildArgs, definition, ...rest } = options;
    const source = packagePath('agent-image');
    const imageOptions = {
      ...rest,
      buildArgs: { ...buildArgs, ...(baseImage === undefined ? {} : { BASE_IMAGE: baseImage }) },
    };
    return definition === undefined
      ? new DirectoryImage(source, imageOptions, PROTOCOLS, true)
      : new DefinedImage(source, definition, imageOptions);
  }

  /**
   * An image of your own, built from a directory with a Dockerfile.
   *
   * What the image must answer depends on the `protocol` of the agent: with HTTP and AG-UI `GET /ping` and
   * `POST /invocations` on port 8080, with MCP `POST /mcp` on port 8000, with A2A `/` on port 9000.
   *
   * @param directory the build context; a relative path is taken from the working directory of the CDK app
   * @throws Error when the directory is missing or empty, has no Dockerfile, or the Dockerfile asks for another platform
   */
  public static fromDirectory(directory: string, options: DirectoryImageOptions = {}): AgentImage {
    return new DirectoryImage(resolve(directory), options);
  }

  /**
   * An image that is in a repository already, pushed for linux/arm64.
   *
   * @param tagOrDigest a tag that is never pushed again, or `sha256:` and 64 hexadecimal digits
   * @throws Error for the tag `latest`: AgentCore resolves a tag when the runtime is deployed, so what runs would depend on
   * the day, and a new push would change nothing
   */
  public static fromRepository(repository: ecr.IRepository, tagOrDigest: string): AgentImage {
    throwFindings('AgentImage.fromRepository', tagFindings(tagOrDigest));
    return new RepositoryImage(() => repository, tagOrDigest);
  }

  /**
   * An image named by its URI: `<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>` or `…@sha256:<digest>`.
   *
   * @throws Error when the URI is not one of a private Amazon ECR repository, or its tag is `latest`
   */
  public static fromImageUri(uri: string): AgentImage {
    const parts = IMAGE_URI.exec(uri);
    throwFindings(
      'AgentImage.fromImageUri',
      parts === null ? [uriFinding(uri)] : tagFindings(parts[5] ?? parts[6] ?? ''),
    );
    const [, account, region, partitionSuffix, name = '', tag, digest = ''] = parts ?? [];
    const partition =
      partitionSuffix === '.cn' ? 'aws-cn' : region?.startsWith('us-gov-') === true ? 'aws-us-gov' : 'aws';
    const repositoryArn = `arn:${partition}:ecr:${region}:${account}:repository/${name}`;
    return new RepositoryImage(
      (scope) => ecr.Repository.fromRepositoryAttributes(scope, 'Repository', { repositoryArn, repositoryName: name }),
      tag ?? digest,
    );
  }

  /** What the image was defined with; undefined where it has no definition, or that is not known. */
  public readonly definition?: AgentDefinition;

  /** The protocols that the image speaks; undefined where that is not known. */
  public readonly protocols?: readonly agentcore.ProtocolType[];

  /** Whether what is in the image is known to write the metrics of docs/agent-metrics.md. @default false */
  public readonly writesMetrics?: boolean;

  /** Makes the image known to the stack of `scope`. Called once for each runtime. */
  public abstract bind(scope: Construct): BoundAgentImage;
}

/** What the agent server of this library speaks; AG-UI has the same path and port. */
const PROTOCOLS = [agentcore.ProtocolType.HTTP, agentcore.ProtocolType.AGUI];

class DirectoryImage extends AgentImage {
  constructor(
    private readonly directory: string,
    private readonly options: DirectoryImageOptions,
    public override readonly protocols?: readonly agentcore.ProtocolType[],
    public override readonly writesMetrics = false,
  ) {
    super();
    throwFindings('AgentImage.fromDirectory', directoryFindings(directory, options));
  }

  public bind(scope: Construct): BoundAgentImage {
    const { builder = ImageBuilder.local(), ...options } = this.options;
    const exclude = outputInside(this.directory, Stage.of(scope)?.outdir ?? 'cdk.out');
    return builder.build(scope, { directory: this.directory, exclude, ...options });
  }
}

/** The image of this library with a definition in its build context. */
class DefinedImage extends AgentImage {
  public override readonly protocols = PROTOCOLS;
  public override readonly writesMetrics = true;

  constructor(
    private readonly source: string,
    public override readonly definition: AgentDefinition,
    private readonly options: DirectoryImageOptions,
  ) {
    super();
  }

  public bind(scope: Construct): BoundAgentImage {
    const directory = stageImage(this.source, this.definition, Stage.of(scope)?.outdir ?? 'cdk.out');
    return AgentImage.fromDirectory(directory, this.options).bind(scope);
  }
}

class RepositoryImage extends AgentImage {
  constructor(
    private readonly repositoryIn: (scope: Construct) => ecr.IRepository,
    private readonly tagOrDigest: string,
  ) {
    super();
  }

  public bind(scope: Construct): BoundAgentImage {
    const repository = this.repositoryIn(scope);
    warnOfMutableTags(scope, repository, this.tagOrDigest);
    warnOfOtherRegion(scope, repository);
    return {
      // Not fromEcrRepository, which writes a digest as if it were a tag.
      artifact: agentcore.AgentRuntimeArtifact.fromImageUri(repository.repositoryUriForTagOrDigest(this.tagOrDigest)),
      repository,
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

function directoryFindings(directory: string, { file = 'Dockerfile', buildArgs }: DirectoryImageOptions): string[] {
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
  return platformFindings(readFileSync(join(directory, file), 'utf8'), file, buildArgs);
}
