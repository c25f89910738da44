import { aws_iam as iam, Annotations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IAgent, IAgentCapability } from '../agent/agent';
import { AgentEnvironment } from '../agent/agent-environment';
import type { OidcAuthorizerOptions } from '../auth/agent-authorizer';
import { Actions } from '../iam/actions';
import { throwFindings } from '../private/validation';

/** A gateway of this app, or one that is imported. */
export abstract class AgentGatewayBase extends Construct implements IAgentCapability {
  /** The ARN of the gateway. */
  public abstract readonly gatewayArn: string;

  /** The id of the gateway. */
  public abstract readonly gatewayId: string;

  /** Where the gateway speaks MCP. */
  public abstract readonly gatewayUrl: string;

  /** The name under which agents know the gateway. */
  public abstract readonly serverName: string;

  /** Whether callers bring a JWT; otherwise they sign with IAM credentials. */
  public abstract readonly callersHaveJwt: boolean;

  /** Which tokens callers may bring; undefined where it is not known, or callers sign. */
  protected abstract readonly accepted: OidcAuthorizerOptions | undefined;

  /**
   * Lets `agent` call the tools: signed with its role, or with the token of its own caller where the gateway wants a JWT.
   *
   * @throws Error when the callers of the agent bring no token that the gateway accepts
   */
  public bindToAgent(agent: IAgent): void {
    throwFindings(this, this.tokenFindings(agent));
    this.warnOfRefusedTokens(agent);
    agent.addEnvironment(
      `${AgentEnvironment.GATEWAY_PREFIX}${this.serverName.toUpperCase()}`,
      JSON.stringify({ url: this.gatewayUrl, auth: this.callersHaveJwt ? 'user' : 'iam' }),
    );
    // A token is all that such a gateway looks at.
    if (!this.callersHaveJwt) this.grantInvoke(agent);
  }

  /** Allows `grantee` to list and call the tools, as far as policies let it. */
  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    if (this.callersHaveJwt) {
      Annotations.of(this).addWarningV2(
        'cdk-agentcore-constructs:grantGatewayWithJwt',
        'granting bedrock-agentcore:InvokeGateway has no effect on a gateway whose callers bring a JWT: AgentCore refuses signed calls to it; use AgentAuthorizer.iam(), or give the caller a token',
      );
    }
    return iam.Grant.addToPrincipal({
      grantee,
      actions: [...Actions.INVOKE_GATEWAY],
      resourceArns: [this.gatewayArn],
    });
  }

  private tokenFindings({ agentName, discoveryUrl }: IAgent): string[] {
    if (!this.callersHaveJwt) return [];
    if (discoveryUrl === undefined) {
      return [
        `the gateway wants the token of a user, and the callers of the agent ${agentName} bring none, they sign with IAM credentials; give the agent the same authorizer, or the gateway AgentAuthorizer.iam()`,
      ];
    }
    const wanted = this.accepted?.discoveryUrl;
    return wanted === undefined || wanted === discoveryUrl
      ? []
      : [
          `the gateway wants tokens of ${wanted}, and the callers of the agent ${agentName} bring those of ${discoveryUrl}; give both the same authorizer`,
        ];
  }

  /** Such a caller talks to the agent, and every call of a tool fails. */
  private warnOfRefusedTokens({ agentName, authorizer }: IAgent): void {
    const { accepted } = this;
    if (accepted === undefined || authorizer?.accepted === undefined) return;
    const { accepted: brought } = authorizer;
    const wider = (['allowedClients', 'allowedAudiences'] as const).filter((list) => {
      const taken = accepted[list];
      return taken !== undefined && brought[list]?.every((value) => taken.includes(value)) !== true;
    });
    if (wider.length === 0) return;
    Annotations.of(this).addWarningV2(
      'cdk-agentcore-constructs:gatewayRefusesTokens',
      `the agent ${agentName} accepts tokens that the gateway refuses, by ${wider.join(' and ')}: their users are answered, and have no tools; give both the same authorizer, or acknowledge this warning if that is meant`,
    );
  }
}
