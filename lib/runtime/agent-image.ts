import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { aws_bedrockagentcore as agentcore, aws_ecr as ecr, FileSystem, IgnoreMode, Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { AgentDefinition } from '../agent/agent-definition';
import { packagePath } from '../private/package-root';
import { throwFindings } from '../private/validation';
import { ImageBuilder, type BoundAgentImage } from './image-builder';
import { IMAGE_URI, tagFindings, uriFinding, warnOfMutableTags } from './image-reference';

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
      ? AgentImage.fromDirectory(source, imageOptions)
      : new DefinedImage(source, definition, imageOptions);
  }

  /**
   * An image of your own, built from a directory with a Dockerfile.
   *
   * The image must listen on port 8080 and answer `GET /ping` and `POST /invocations`.
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
    const { builder = ImageBuilder.local(), ...options } = this.options;
    const exclude = outputInside(this.directory, Stage.of(scope)?.outdir ?? 'cdk.out');
    return builder.build(scope, { directory: this.directory, exclude, ...options });
  }
}

/** The image of this library with a definition in its build context. */
class DefinedImage extends AgentImage {
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
    return {
      // Not fromEcrRepository, which writes a digest as if it were a tag.
      artifact: agentcore.AgentRuntimeArtifact.fromImageUri(repository.repositoryUriForTagOrDigest(this.tagOrDigest)),
      repository,
    };
  }
}

/** The sources of the image of this library, as they are published. */
const SOURCES = ['.dockerignore', 'Dockerfile', 'package.json', 'package-lock.json', 'tsconfig.json', 'src'];

/**
 * Makes a build context of the sources of the image and a definition, and returns its absolute path.
 *
 * It lies in the output of the app, under a name that changes with its content: the agents of one app share it, and what
 * an earlier synthesis left there is either the same or unused.
 */
function stageImage(source: string, definition: AgentDefinition, output: string): string {
  const sourceHash = FileSystem.fingerprint(source, {
    ignoreMode: IgnoreMode.DOCKER,
    exclude: ['*', ...SOURCES.map((name) => `!${name}`)],
  });
  const staged = resolve(output, `agent-image.${sourceHash.slice(0, 16)}${definition.hash.slice(0, 16)}`);
  if (existsSync(staged)) return staged;

  // Under its name only when it is complete, so that a broken synthesis leaves nothing that looks right.
  mkdirSync(output, { recursive: true });
  const directory = mkdtempSync(join(output, '.agent-image-'));
  for (const name of SOURCES) cpSync(join(source, name), join(directory, name), { recursive: true });
  definition.writeTo(join(directory, 'definition'));
  // Without a container the agent runs from here, on the packages that are installed already. No part of the image.
  const packages = join(source, 'node_modules');
  if (existsSync(packages)) symlinkSync(packages, join(directory, 'node_modules'), 'junction');
  renameSync(directory, staged);
  return staged;
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
  return platformFindings(readFileSync(join(directory, file), 'utf8'), file);
}

/** The last stage is the image; earlier stages may run on the machine that builds. */
function platformFindings(dockerfile: string, file: string): string[] {
  const stages = [...dockerfile.matchAll(/^[ \t]*FROM[ \t]+--platform=(\S+)|^[ \t]*FROM[ \t]/gim)];
  const platform = stages.at(-1)?.[1];
  // TARGETPLATFORM is what the construct asks for; BUILDPLATFORM is the machine that builds. Other arguments are unknown.
  const known = platform !== undefined && (!platform.includes('$') || /^\$\{?BUILDPLATFORM\}?$/.test(platform));
  if (!known || /^linux\/arm64(\/v8)?$/.test(platform)) return [];
  return [
    `the last stage of "${file}" is built for "${platform}", and AgentCore Runtime runs linux/arm64 only; leave --platform out, the construct asks for linux/arm64`,
  ];
}
