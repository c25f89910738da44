import { mountPathFindings } from '../private/mount-path';
import { requestHeaderFindings } from '../private/request-headers';
import { lifecycleFindings } from '../private/session-lifecycle';
import { callersHaveJwt } from './authorizer-rules';
import type { CheckedResource } from './checked-app';
import { imageReference } from './image-reference';
import { eachResource, guide, type Rule } from './rule';
import { at, isUnknown, items, literal, number, printed, text } from './template-value';

/** Harnesses run on runtimes and have the same settings in another place. */
const RUNTIMES = ['Runtime', 'Harness'];

export const RUNTIME_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-RT1',
    level: 'error',
    title: 'Request header that AgentCore does not pass on',
    why: 'CloudFormation checks only the characters of a header, so the deployment fails after minutes',
    remedy: 'Use a name of your own, for instance one that begins with X-Amzn-Bedrock-AgentCore-Runtime-Custom-.',
    documentation: guide('runtime-header-allowlist'),
    property: 'RequestHeaderConfiguration',
    check: eachResource(['Runtime'], (resource) =>
      allowedHeaders(resource).flatMap((header) =>
        requestHeaderFindings([header], true).map((problem) => ({ detail: header, problem })),
      ),
    ),
  },
  {
    id: 'AgentCore-RT2',
    level: 'error',
    title: 'Request headers named twice, or too many of them',
    why: 'the deployment fails after minutes',
    remedy: 'Name each header once, 20 at the most; case does not count.',
    documentation: guide('runtime-header-allowlist'),
    property: 'RequestHeaderConfiguration',
    check: eachResource(['Runtime'], (resource) => {
      const headers = allowedHeaders(resource);
      const ofSingleHeaders = new Set(headers.flatMap((header) => requestHeaderFindings([header], true)));
      return requestHeaderFindings(headers, true)
        .filter((problem) => !ofSingleHeaders.has(problem))
        .map((problem) => ({ problem }));
    }),
  },
  {
    id: 'AgentCore-RT3',
    level: 'error',
    title: 'Authorization header allow-listed although callers bring no JWT',
    why: 'callers that sign use this header for their signature, and the deployment fails',
    remedy: 'Take it off the list, or give the runtime a JWT authorizer.',
    documentation: guide('runtime-header-allowlist'),
    property: 'RequestHeaderConfiguration',
    check: eachResource(['Runtime'], (resource) =>
      callersHaveJwt(resource) === false &&
      allowedHeaders(resource).some((header) => header.toLowerCase() === 'authorization')
        ? [{ problem: 'the header "Authorization" is allow-listed, but the runtime has no JWT authorizer' }]
        : [],
    ),
  },
  {
    id: 'AgentCore-RT4',
    level: 'error',
    title: 'Session limits out of range, or idle longer than alive',
    why: 'the deployment fails, or idle sessions are paid for until the end of their life',
    remedy: 'Give both as 60 to 28800 seconds, the idle timeout no longer than the lifetime.',
    documentation: guide('runtime-lifecycle-settings'),
    property: 'LifecycleConfiguration',
    check: eachResource(RUNTIMES, (resource) => {
      const lifecycle = setting(resource, 'LifecycleConfiguration');
      const limits = [at(lifecycle, 'IdleRuntimeSessionTimeout'), at(lifecycle, 'MaxLifetime')];
      // Runtimes on instances of a capacity provider live for up to 14 days.
      if (at(resource.properties, 'CapacityProviderConfiguration') !== undefined) return [];
      if (limits.some((limit) => limit !== undefined && number(limit) === undefined)) return [];
      const [idle, lifetime] = limits.map(number);
      return lifecycleFindings(idle, lifetime).map((problem) => ({ problem }));
    }),
  },
  {
    id: 'AgentCore-RT5',
    level: 'warning',
    title: 'Image without a fixed version',
    why: 'AgentCore resolves a tag when the runtime is deployed: what runs depends on the day, and a push changes nothing',
    remedy: 'Name a digest, or a tag that is never pushed again.',
    documentation: guide('agent-runtime-versioning'),
    property: 'AgentRuntimeArtifact',
    check: eachResource(RUNTIMES, (resource) => {
      const image = imageReference(resource, containerUri(resource));
      return image !== undefined && (image.version === undefined || image.version === 'latest')
        ? [
            {
              problem: `the image ${printed(image.uri)} has ${image.version === undefined ? 'no tag' : 'the tag "latest"'}`,
            },
          ]
        : [];
    }),
  },
  {
    id: 'AgentCore-RT6',
    level: 'warning',
    title: 'Platform version left to AgentCore',
    why: 'the default can change from V1 to V2, which starts sessions from a snapshot: random values, connections and credentials made at start are then shared by all of them',
    remedy: 'Set PlatformVersion: V1, or V2 once the agent makes nothing of that kind before its first request.',
    documentation: guide('runtime-how-it-works'),
    property: 'PlatformVersion',
    check: eachResource(['Runtime'], ({ properties }) =>
      at(properties, 'PlatformVersion') === undefined && at(properties, 'CapacityProviderConfiguration') === undefined
        ? [{ problem: 'PlatformVersion is not set' }]
        : [],
    ),
  },
  {
    id: 'AgentCore-RT7',
    level: 'error',
    title: 'Mount path that AgentCore refuses',
    why: 'the deployment fails',
    remedy: 'Mount one level below /mnt, for instance at /mnt/workspace.',
    documentation: guide('runtime-filesystem-configurations'),
    property: 'FilesystemConfigurations',
    check: eachResource(RUNTIMES, (resource) =>
      fileSystems(resource).flatMap(({ settings }) => {
        const path = literal(at(settings, 'MountPath'));
        return path === undefined ? [] : mountPathFindings(path).map((problem) => ({ detail: path, problem }));
      }),
    ),
  },
  {
    id: 'AgentCore-RT8',
    level: 'error',
    title: 'Shared file system on a runtime outside a VPC',
    why: 'its mount targets can only be reached from the VPC, so the deployment fails',
    remedy: 'Set the network mode to VPC, with subnets that reach the mount targets on port 2049.',
    documentation: guide('runtime-filesystem-configurations'),
    property: 'FilesystemConfigurations',
    check: eachResource(RUNTIMES, (resource) => {
      const mode = at(setting(resource, 'NetworkConfiguration'), 'NetworkMode');
      if (mode === 'VPC' || isUnknown(mode)) return [];
      return fileSystems(resource)
        .filter(({ kind }) => kind === 'S3FilesAccessPoint' || kind === 'EfsAccessPoint')
        .map(({ kind, settings }) => ({
          detail: printed(text(at(settings, 'MountPath')) ?? kind),
          problem: `${kind} is given, but the network mode is ${text(mode) ?? 'not set'}`,
        }));
    }),
  },
  {
    id: 'AgentCore-RT9',
    level: 'warning',
    title: 'Session storage of a runtime whose image is an asset',
    why: 'session storage is emptied with every new version of the runtime, and every change of the asset makes one',
    remedy: 'Keep what must last in Amazon S3, S3 Files or EFS; acknowledge the warning where the loss is accepted.',
    documentation: guide('runtime-filesystem-configurations'),
    property: 'FilesystemConfigurations',
    check: eachResource(RUNTIMES, (resource) =>
      imageReference(resource, containerUri(resource))?.isAsset === true &&
      fileSystems(resource).some(({ kind }) => kind === 'SessionStorage')
        ? [{ problem: 'session storage is emptied by each deployment of a changed image' }]
        : [],
    ),
  },
];

/** A setting of a runtime, wherever its type has it. */
function setting({ properties }: CheckedResource, name: string): unknown {
  return at(properties, name) ?? at(properties, 'Environment', 'AgentCoreRuntimeEnvironment', name);
}

function containerUri({ properties }: CheckedResource): unknown {
  return ['AgentRuntimeArtifact', 'EnvironmentArtifact']
    .map((artifact) => at(properties, artifact, 'ContainerConfiguration', 'ContainerUri'))
    .find((uri) => uri !== undefined);
}

/** The request headers that are known. */
function allowedHeaders({ properties }: CheckedResource): string[] {
  const headers = items(at(properties, 'RequestHeaderConfiguration', 'RequestHeaderAllowlist')) ?? [];
  return headers.map(literal).filter((header) => header !== undefined);
}

function fileSystems(resource: CheckedResource): { readonly kind: string; readonly settings: unknown }[] {
  const kinds = ['SessionStorage', 'S3FilesAccessPoint', 'EfsAccessPoint', 'CapacityProviderVolume'];
  return (items(setting(resource, 'FilesystemConfigurations')) ?? []).flatMap((configuration) =>
    kinds
      .map((kind) => ({ kind, settings: at(configuration, kind) }))
      .filter(({ settings }) => settings !== undefined && !isUnknown(settings)),
  );
}
