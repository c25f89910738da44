import {
  aws_bedrockagentcore as agentcore,
  DefaultTokenResolver,
  Reference,
  Stack,
  StringConcat,
  Token,
  Tokenization,
} from 'aws-cdk-lib';
import type { IPostProcessor, IResolvable, IResolveContext } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { resourceOf } from '../private/arn-environment';
import type { OutboundCredential } from './outbound-credential';

/** A runtime, and one of its endpoints. */
interface RuntimeParts {
  readonly runtime: agentcore.IRuntimeRef;
  readonly endpoint: agentcore.IRuntimeEndpointRef | undefined;
}

/** What keeps a runtime from being the target of a gateway, as far as it is known at synthesis. */
export function runtimeTargetFindings({ runtime, endpoint }: RuntimeParts, credential: OutboundCredential): string[] {
  const wrong = constructFindings(runtime, endpoint);
  return wrong.length > 0
    ? wrong
    : [...runtimeFindings(runtime, credential), ...(endpoint === undefined ? [] : endpointFindings(runtime, endpoint))];
}

/** What the compiler tells where there is one. */
function constructFindings(
  runtime: Partial<agentcore.IRuntimeRef>,
  endpoint: Partial<agentcore.IRuntimeEndpointRef> | undefined,
): string[] {
  return [
    ...(runtime.runtimeRef === undefined
      ? [
          'the runtime of a target is none; give an AgentRuntime, or an L1 or L2, which Runtime.fromAgentRuntimeAttributes() makes of an ARN',
        ]
      : []),
    ...(endpoint !== undefined && endpoint.runtimeEndpointRef === undefined
      ? [
          'the endpoint of a target is none; give an AgentEndpoint, or an L1 or L2, which RuntimeEndpoint.fromRuntimeEndpointAttributes() makes of an ARN',
        ]
      : []),
  ];
}

/** What keeps a runtime of the app from answering; of one that is imported nothing is known. */
function runtimeFindings(runtime: agentcore.IRuntimeRef, { kind }: OutboundCredential): string[] {
  const resource = agentcore.CfnRuntime.isCfnRuntime(runtime) ? runtime : runtime.node.defaultChild;
  if (!agentcore.CfnRuntime.isCfnRuntime(resource)) return [];
  const { protocolConfiguration = 'HTTP', authorizerConfiguration } = Stack.of(resource).resolve({
    protocolConfiguration: resource.protocolConfiguration,
    authorizerConfiguration: resource.authorizerConfiguration,
  }) as { readonly protocolConfiguration?: unknown; readonly authorizerConfiguration?: object };
  const { path } = runtime.node;
  const wantsToken = authorizerConfiguration !== undefined;
  const bringsToken = kind === 'OAUTH' || kind === 'API_KEY';
  return [
    ...(typeof protocolConfiguration === 'string' && protocolConfiguration !== 'MCP'
      ? [
          `the runtime ${path} speaks ${protocolConfiguration}, and a gateway finds tools by MCP; give one whose protocol is MCP`,
        ]
      : []),
    ...(wantsToken && !bringsToken
      ? [
          `the callers of the runtime ${path} bring a JWT, and the gateway would bring none; use OutboundCredential.oauth() with tokens that the runtime accepts`,
        ]
      : []),
    ...(!wantsToken && kind !== 'GATEWAY_IAM_ROLE'
      ? [
          `the callers of the runtime ${path} sign with IAM credentials, and the gateway would not; leave credential out, so that its role signs`,
        ]
      : []),
  ];
}

/** The URL would be of one runtime, with the name of an endpoint of another. */
function endpointFindings(runtime: agentcore.IRuntimeRef, endpoint: agentcore.IRuntimeEndpointRef): string[] {
  const own = knownRuntime(runtime, runtime.runtimeRef.agentRuntimeArn);
  const other = runtimeOfEndpoint(endpoint);
  return own === undefined || typeof own !== typeof other || own === other
    ? []
    : [
        `the endpoint ${endpoint.node.path} is one of another runtime than ${runtime.node.path}; give one of this runtime, or leave it out for DEFAULT`,
      ];
}

function runtimeOfEndpoint(endpoint: agentcore.IRuntimeEndpointRef): IConstruct | string | undefined {
  const { agentRuntimeEndpointArn } = endpoint.runtimeEndpointRef;
  const resource = resourceOf(agentRuntimeEndpointArn);
  return knownRuntime(
    endpoint,
    agentcore.CfnRuntimeEndpoint.isCfnRuntimeEndpoint(resource) ? resource.agentRuntimeId : agentRuntimeEndpointArn,
  );
}

/** The runtime of the app that an ARN or id is of, or else its id; undefined where neither is known. */
function knownRuntime(scope: IConstruct, arnOrId: string): IConstruct | string | undefined {
  if (Token.isUnresolved(arnOrId)) {
    const resolver = new ReferenceCollector(new StringConcat());
    Tokenization.resolve(arnOrId, { scope, resolver });
    return resolver.targets.find((target) => agentcore.CfnRuntime.isCfnRuntime(target));
  }
  // arn:…:runtime/<id>/runtime-endpoint/<name>, or the id alone
  const [first, id = first] = arnOrId.split('/');
  return id;
}

/** What a value refers to; an L2 has the id of its runtime in a lazy value, which only resolving opens. */
class ReferenceCollector extends DefaultTokenResolver {
  public readonly targets: IConstruct[] = [];

  public override resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    if (Reference.isReference(token)) this.targets.push(token.target);
    return super.resolveToken(token, context, postProcessor) as unknown;
  }
}
