import { aws_iam as iam, Fn, Stack, Token } from 'aws-cdk-lib';
import type { aws_bedrockagentcore as agentcore } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Actions } from '../iam/actions';
import { endpointArn } from '../iam/arns';
import type { BoundGatewayTarget, IGatewayTarget } from './gateway-target';
import { OutboundCredential } from './outbound-credential';
import { runtimeTargetFindings } from './runtime-target-findings';

/** What has a runtime, an `AgentRuntime`. */
export interface RuntimeOwner {
  readonly runtime: agentcore.IRuntimeRef;
}

/** What has an endpoint of a runtime, an `AgentEndpoint`. */
export interface RuntimeEndpointOwner {
  readonly endpoint: agentcore.IRuntimeEndpointRef;
}

/** Tools of an MCP server that runs on AgentCore Runtime. */
export interface RuntimeTargetOptions {
  /** The runtime: an `AgentRuntime` of the app, an L1 or an L2. Its protocol is MCP. */
  readonly runtime: agentcore.IRuntimeRef | RuntimeOwner;

  /**
   * The endpoint of the runtime: an `AgentEndpoint` of the app, an L1 or an L2. The target waits for it, because AgentCore
   * lists the tools when it makes the target.
   *
   * @default - the endpoint `DEFAULT`
   */
  readonly endpoint?: agentcore.IRuntimeEndpointRef | RuntimeEndpointOwner;

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
  private readonly runtime: agentcore.IRuntimeRef;
  private readonly endpoint: agentcore.IRuntimeEndpointRef | undefined;

  constructor(
    public readonly name: string,
    { runtime, endpoint, credential }: RuntimeTargetOptions,
  ) {
    this.credential = credential ?? OutboundCredential.gatewayRole({ service: SERVICE });
    // Not by `in`, which fails on a text: what is neither is a finding.
    this.runtime = (runtime as Partial<RuntimeOwner>).runtime ?? (runtime as agentcore.IRuntimeRef);
    this.endpoint =
      (endpoint as Partial<RuntimeEndpointOwner> | undefined)?.endpoint ?? (endpoint as agentcore.IRuntimeEndpointRef);
  }

  public findings(): string[] {
    return runtimeTargetFindings({ runtime: this.runtime, endpoint: this.endpoint }, this.credential);
  }

  public bind(scope: Construct): BoundGatewayTarget {
    const { runtimeArn, qualifier, arn } = this.address();
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
  private address(): { readonly runtimeArn: string; readonly qualifier: string; readonly arn: string } {
    const runtimeArn = this.runtime.runtimeRef.agentRuntimeArn;
    if (this.endpoint === undefined) {
      return { runtimeArn, qualifier: DEFAULT_ENDPOINT, arn: endpointArn(runtimeArn, DEFAULT_ENDPOINT) };
    }
    const arn = this.endpoint.runtimeEndpointRef.agentRuntimeEndpointArn;
    // runtime/<id>/runtime-endpoint/<name>
    return { runtimeArn, qualifier: Fn.select(3, Fn.split('/', arn)), arn };
  }
}

/** An ARN as part of a path. CloudFormation has no function for it, and an ARN has two characters that need it. */
function urlEncoded(arn: string): string {
  return Token.isUnresolved(arn)
    ? Fn.join('%2F', Fn.split('/', Fn.join('%3A', Fn.split(':', arn))))
    : encodeURIComponent(arn);
}
