import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TemplateJson } from '../../lib/testing';

/** An image of the assembly that is built from a directory of the app. */
export interface ImageAsset {
  /** Absolute path of the build context. */
  readonly directory: string;
  /** Absolute path of the Dockerfile. */
  readonly dockerfile: string;
  /** @default - the last stage */
  readonly target?: string;
  readonly buildArgs: Readonly<Record<string, string>>;
}

/** A file or folder of the app that is uploaded at deployment. */
export interface FileAsset {
  /** Absolute path. */
  readonly path: string;
}

export interface AssemblyStack {
  readonly name: string;
  /** Undefined where the stack does not say: it takes the account it is deployed to. */
  readonly account?: string;
  /** Undefined where the stack does not say: it takes the Region it is deployed to. */
  readonly region?: string;
  readonly template: TemplateJson;
}

/** What `cdk synth` wrote, nested assemblies (stages) included. */
export interface Assembly {
  readonly stacks: readonly AssemblyStack[];
  /** By asset hash, which is also the tag of the pushed image. */
  readonly images: ReadonlyMap<string, ImageAsset>;
  /** By the key of the object that it is uploaded to. */
  readonly files: ReadonlyMap<string, FileAsset>;
}

interface Artifact {
  readonly type?: string;
  readonly environment?: string;
  readonly properties?: {
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly file?: string;
    readonly directoryName?: string;
  };
}

interface DockerImageEntry {
  readonly source?: {
    readonly directory?: string;
    readonly dockerFile?: string;
    readonly dockerBuildTarget?: string;
    readonly dockerBuildArgs?: Readonly<Record<string, string>>;
  };
}

interface FileEntry {
  readonly source?: { readonly path?: string };
  readonly destinations?: Readonly<Record<string, { readonly objectKey?: string }>>;
}

interface AssetManifest {
  readonly dockerImages?: Readonly<Record<string, DockerImageEntry>>;
  readonly files?: Readonly<Record<string, FileEntry>>;
}

/**
 * Reads a cloud assembly.
 *
 * @param directory where `manifest.json` lies
 * @throws Error when it is not an assembly
 */
export function readAssembly(directory: string): Assembly {
  const stacks: AssemblyStack[] = [];
  const images = new Map<string, ImageAsset>();
  const files = new Map<string, FileAsset>();
  const file = join(directory, 'manifest.json');
  if (!existsSync(file)) throw new Error(`${directory} is not a cloud assembly: it has no manifest.json`);
  const manifest = readJson(file) as { artifacts?: Readonly<Record<string, Artifact>> };

  for (const [id, artifact] of Object.entries(manifest.artifacts ?? {})) {
    const { properties = {} } = artifact;
    if (artifact.type === 'aws:cloudformation:stack') {
      stacks.push({
        name: properties.stackName ?? id,
        ...environment(artifact.environment),
        template: readJson(join(directory, properties.templateFile ?? `${id}.template.json`)) as TemplateJson,
      });
    } else if (artifact.type === 'cdk:asset-manifest' && properties.file !== undefined) {
      const assets = readJson(join(directory, properties.file)) as AssetManifest;
      for (const [hash, image] of imageAssets(directory, assets)) images.set(hash, image);
      for (const [key, asset] of fileAssets(directory, assets)) files.set(key, asset);
    } else if (artifact.type === 'cdk:cloud-assembly' && properties.directoryName !== undefined) {
      const nested = readAssembly(join(directory, properties.directoryName));
      stacks.push(...nested.stacks);
      for (const [hash, image] of nested.images) images.set(hash, image);
      for (const [key, asset] of nested.files) files.set(key, asset);
    }
  }
  return { stacks, images, files };
}

function fileAssets(directory: string, { files = {} }: AssetManifest): [string, FileAsset][] {
  return Object.values(files).flatMap(({ source, destinations = {} }) => {
    const path = source?.path;
    if (path === undefined) return [];
    const asset = { path: resolve(directory, path) };
    return Object.values(destinations).flatMap(({ objectKey }) =>
      objectKey === undefined ? [] : [[objectKey, asset] satisfies [string, FileAsset]],
    );
  });
}

function imageAssets(directory: string, { dockerImages = {} }: AssetManifest): [string, ImageAsset][] {
  return Object.entries(dockerImages).flatMap(([hash, { source }]) => {
    // An image made by an external command has no directory to run from.
    if (source?.directory === undefined) return [];
    // Absolute when the assets were not staged, otherwise relative to the assembly.
    const context = resolve(directory, source.directory);
    return [
      [
        hash,
        {
          directory: context,
          dockerfile: resolve(context, source.dockerFile ?? 'Dockerfile'),
          buildArgs: source.dockerBuildArgs ?? {},
          ...(source.dockerBuildTarget === undefined ? {} : { target: source.dockerBuildTarget }),
        },
      ],
    ];
  });
}

/** `aws://account/region`, in which `unknown-…` means that the stack does not say. */
function environment(text: string | undefined): { account?: string; region?: string } {
  const [, account, region] = /^aws:\/\/([^/]+)\/(.+)$/.exec(text ?? '') ?? [];
  return {
    ...(account === undefined || account.startsWith('unknown-') ? {} : { account }),
    ...(region === undefined || region.startsWith('unknown-') ? {} : { region }),
  };
}

function readJson(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
