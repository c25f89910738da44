import { aws_bedrockagentcore as agentcore, aws_iam as iam, Fn, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Actions } from '../iam/actions';
import { endpointArn } from '../iam/arns';
import type { BoundGatewayTarget, IGatewayTarget } from './gateway-target';
import { OutboundCredential } from './outbound-credential';

/** Tools of an MCP server that runs on AgentCore Runtime. */
export interface RuntimeTargetOptions {
  /** The runtime: an L1 or an L2 (that of an `AgentRuntime` is its `runtime`). Its protocol is MCP. */
  readonly runtime: agentcore.IRuntimeRef;

  /**
   * The endpoint of the runtime: an L1 or an L2 (that of an `AgentEndpoint` is its `endpoint`). The target waits for it,
   * because AgentCore lists the tools when it makes the target.
   *
   * @default - the endpoint `DEFAULT`
   */
  readonly endpoint?: agentcore.IRuntimeEndpointRef;

  /**
   * How the gateway proves to the runtime who it is. A runtime whose callers bring a JWT needs `OutboundCredential.oauth()`
   * with tokens that it accepts: it refuses signatures.
   *
   * @default - the role of the gateway, which may then invoke this endpoint of the runtime
   */
  readonly credential?: OutboundCredential;
}

/** Where AgentCore Runtime answers. */
const SERVICE = 'bedrock-agentcore';

/** The endpoint that AgentCore makes for every runtime. */
const DEFAULT_ENDPOINT = 'DEFAULT';

/** The tools of a server on AgentCore Runtime. */
export class RuntimeTarget implements IGatewayTarget {
  public readonly kind = 'an MCP server';
  public readonly tools = undefined;
  public readonly credential: OutboundCredential;

  constructor(
    public readonly name: string,
    private readonly options: RuntimeTargetOptions,
  ) {
    this.credential = options.credential ?? OutboundCredential.gatewayRole({ service: SERVICE });
  }

  public findings(): string[] {
    return runtimeFindings(this.options.runtime, this.credential);
  }

  public bind(scope: Construct): BoundGatewayTarget {
    const { runtimeArn, qualifier, arn } = this.endpoint();
    const host = `${SERVICE}.${Stack.of(scope).region}.amazonaws.com`;
    const endpoint = `https://${host}/runtimes/${urlEncoded(runtimeArn)}/invocations?qualifier=${qualifier}`;
    return {
      configuration: { mcp: { mcpServer: { endpoint } } },
      statements:
        this.credential.kind === 'GATEWAY_IAM_ROLE'
          ? [
              {
                statement: new iam.PolicyStatement({
                  actions: [...Actions.INVOKE_RUNTIME],
                  resources: [runtimeArn, arn],
                }),
              },
            ]
          : [],
    };
  }

  /** The name is taken from the ARN, so that what is made of it waits for the endpoint. */
  private endpoint(): { readonly runtimeArn: string; readonly qualifier: string; readonly arn: string } {
    const { runtime, endpoint } = this.options;
    const runtimeArn = runtime.runtimeRef.agentRuntimeArn;
    if (endpoint === undefined) {
      return { runtimeArn, qualifier: DEFAULT_ENDPOINT, arn: endpointArn(runtimeArn, DEFAULT_ENDPOINT) };
    }
    const arn = endpoint.runtimeEndpointRef.agentRuntimeEndpointArn;
    // runtime/<id>/runtime-endpoint/<name>
    return { runtimeArn, qualifier: Fn.select(3, Fn.split('/', arn)), arn };
  }
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

/** An ARN as part of a path. CloudFormation has no function for it, and an ARN has two characters that need it. */
function urlEncoded(arn: string): string {
  return Token.isUnresolved(arn)
    ? Fn.join('%2F', Fn.split('/', Fn.join('%3A', Fn.split(':', arn))))
    : encodeURIComponent(arn);
}
