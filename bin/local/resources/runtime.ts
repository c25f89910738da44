import { rolePolicies, type ResolvedTemplate, type RolePolicies } from '../../../lib/testing';
import type { Assembly, ImageAsset } from '../assembly';
import type { JwtAuthorizerSettings } from '../jwt-authorizer';
import type { SessionLimits } from '../supervisor';
import { jwtSettings, type CustomJwtAuthorizer } from './jwt-settings';

/** AgentCore's own limits where the template sets none. */
const DEFAULT_IDLE_SECONDS = 900;
const DEFAULT_LIFETIME_SECONDS = 28_800;

/** An AWS::BedrockAgentCore::Runtime of the template that can be run here. */
export interface LocalRuntime {
  readonly name: string;
  readonly arn: string;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly role: RolePolicies;
  readonly image: ImageAsset;
  readonly limits: SessionLimits;
  /** Lower-case names of the request headers that reach the agent beside the service's own. */
  readonly allowedHeaders: readonly string[];
  /** Which tokens its callers bring; undefined where they sign. */
  readonly authorizer?: JwtAuthorizerSettings;
  /** Endpoints (qualifiers) that exist; `DEFAULT` always does. */
  readonly endpoints: readonly string[];
}

interface RuntimeProperties {
  readonly AgentRuntimeName: string;
  readonly AgentRuntimeArtifact?: { readonly ContainerConfiguration?: { readonly ContainerUri?: string } };
  readonly RoleArn: string;
  readonly ProtocolConfiguration?: string;
  readonly EnvironmentVariables?: Readonly<Record<string, string>>;
  readonly LifecycleConfiguration?: {
    readonly IdleRuntimeSessionTimeout?: number | string;
    readonly MaxLifetime?: number | string;
  };
  readonly RequestHeaderConfiguration?: { readonly RequestHeaderAllowlist?: readonly string[] };
  readonly AuthorizerConfiguration?: { readonly CustomJWTAuthorizer?: CustomJwtAuthorizer };
}

/**
 * Reads one runtime of a stack.
 *
 * @throws Error saying why this runtime cannot be run without a deployment
 */
export function readRuntime(assembly: Assembly, template: ResolvedTemplate, logicalId: string): LocalRuntime {
  const properties = template.properties(logicalId) as unknown as RuntimeProperties;
  const protocol = properties.ProtocolConfiguration ?? 'HTTP';
  if (protocol !== 'HTTP' && protocol !== 'AGUI') {
    throw new Error(`its protocol is ${protocol}; HTTP and AGUI are run locally`);
  }
  const authorizer = properties.AuthorizerConfiguration?.CustomJWTAuthorizer;
  const { IdleRuntimeSessionTimeout: idle, MaxLifetime: lifetime } = properties.LifecycleConfiguration ?? {};
  return {
    name: properties.AgentRuntimeName,
    arn: template.getAtt(logicalId, 'AgentRuntimeArn'),
    partition: template.partition,
    account: template.account,
    region: template.region,
    environment: properties.EnvironmentVariables ?? {},
    role: rolePolicies(template, properties.RoleArn),
    image: image(assembly, properties.AgentRuntimeArtifact?.ContainerConfiguration?.ContainerUri),
    limits: {
      idleMs: Number(idle ?? DEFAULT_IDLE_SECONDS) * 1000,
      maxLifetimeMs: Number(lifetime ?? DEFAULT_LIFETIME_SECONDS) * 1000,
    },
    allowedHeaders: (properties.RequestHeaderConfiguration?.RequestHeaderAllowlist ?? []).map((name) =>
      name.toLowerCase(),
    ),
    ...(authorizer === undefined ? {} : { authorizer: jwtSettings(authorizer) }),
    endpoints: ['DEFAULT', ...endpointNames(template, template.getAtt(logicalId, 'AgentRuntimeId'))],
  };
}

function image(assembly: Assembly, uri: string | undefined): ImageAsset {
  if (uri === undefined) {
    throw new Error('it is deployed as a code archive; only container images built from a directory are run locally');
  }
  const asset = assembly.images.get(uri.slice(uri.lastIndexOf(':') + 1));
  if (asset === undefined) {
    throw new Error(`its image ${uri} is not built from a directory of this app, so there is nothing to start here`);
  }
  return asset;
}

function endpointNames(template: ResolvedTemplate, runtimeId: string): string[] {
  return template
    .resourcesOfType('AWS::BedrockAgentCore::RuntimeEndpoint')
    .filter(({ properties }) => properties.AgentRuntimeId === runtimeId)
    .map(({ properties }) => String(properties.Name));
}
