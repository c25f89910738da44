import { aws_iam as iam, Fn, Stack, Token } from 'aws-cdk-lib';
import type { aws_bedrockagentcore as agentcore } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Actions } from '../iam/actions';
import { endpointArn } from '../iam/arns';
import { nameFindings } from '../private/validation';
import type { BoundGatewayTarget, IGatewayTarget } from './gateway-target';
import { OutboundCredential } from './outbound-credential';

/** Tools of an MCP server. */
export interface McpServerTargetOptions {
  /** The address: https, of a server that speaks streamable HTTP. */
  readonly url: string;

  /** How the gateway proves to the server who it is. */
  readonly credential: OutboundCredential;
}

/** Tools of an MCP server that runs on AgentCore Runtime. */
export interface RuntimeTargetOptions {
  /** The runtime: an L1 or an L2 (that of an `AgentRuntime` is its `runtime`). Its protocol is MCP. */
  readonly runtime: agentcore.IRuntimeRef;

  /**
   * The endpoint of the runtime.
   *
   * @default 'DEFAULT'
   */
  readonly endpointName?: string;

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

/** The tools of a server that is somewhere. */
export class McpServerTarget implements IGatewayTarget {
  public readonly kind = 'an MCP server';
  public readonly tools = undefined;
  public readonly credential: OutboundCredential;
  private readonly url: string;

  constructor(
    public readonly name: string,
    { url, credential }: McpServerTargetOptions,
  ) {
    this.url = url;
    this.credential = credential;
  }

  public findings(): string[] {
    return Token.isUnresolved(this.url) || /^https:\/\/[^\s/@]+(\/\S*)?$/.test(this.url)
      ? []
      : [
          `the address "${this.url}" of an MCP server is not one: a gateway calls https only, without a user in the address`,
        ];
  }

  public bind(): BoundGatewayTarget {
    return { configuration: { mcp: { mcpServer: { endpoint: this.url } } }, statements: [] };
  }
}

/** The tools of a server on AgentCore Runtime. */
export class RuntimeTarget implements IGatewayTarget {
  public readonly kind = 'an MCP server';
  public readonly tools = undefined;
  public readonly credential: OutboundCredential;
  private readonly runtimeArn: string;
  private readonly endpointName: string;

  constructor(
    public readonly name: string,
    { runtime, endpointName = 'DEFAULT', credential }: RuntimeTargetOptions,
  ) {
    this.runtimeArn = runtime.runtimeRef.agentRuntimeArn;
    this.endpointName = endpointName;
    this.credential = credential ?? OutboundCredential.gatewayRole({ service: SERVICE });
  }

  public findings(): string[] {
    return Token.isUnresolved(this.endpointName) ? [] : nameFindings('endpointName', this.endpointName);
  }

  public bind(scope: Construct): BoundGatewayTarget {
    const host = `${SERVICE}.${Stack.of(scope).region}.amazonaws.com`;
    const endpoint = `https://${host}/runtimes/${urlEncoded(this.runtimeArn)}/invocations?qualifier=${this.endpointName}`;
    return {
      configuration: { mcp: { mcpServer: { endpoint } } },
      statements:
        this.credential.kind === 'GATEWAY_IAM_ROLE'
          ? [
              {
                statement: new iam.PolicyStatement({
                  actions: [...Actions.INVOKE_RUNTIME],
                  resources: [this.runtimeArn, endpointArn(this.runtimeArn, this.endpointName)],
                }),
              },
            ]
          : [],
    };
  }
}

/** An ARN as part of a path. CloudFormation has no function for it, and an ARN has two characters that need it. */
function urlEncoded(arn: string): string {
  return Token.isUnresolved(arn)
    ? Fn.join('%2F', Fn.split('/', Fn.join('%3A', Fn.split(':', arn))))
    : encodeURIComponent(arn);
}
