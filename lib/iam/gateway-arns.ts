import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What AgentCore appends to the name of a gateway in its id. */
const ID_SUFFIX = '?'.repeat(10);

/**
 * ARN patterns of what belongs to one gateway. AgentCore names it `<gateway name>-<ten characters>`, and there can be
 * hyphens in the name, so the number of characters is part of the pattern where it is known.
 */
export class GatewayArns {
  constructor(
    private readonly scope: IConstruct,
    private readonly gatewayName: string,
  ) {}

  /** The gateway itself. */
  public get gateway(): string {
    return this.agentCore(`gateway/${this.gatewayName}-${ID_SUFFIX}`);
  }

  /** The directory that holds the workload identities of the account. */
  public get workloadIdentityDirectory(): string {
    return this.agentCore('workload-identity-directory/default');
  }

  /** The workload identity that AgentCore makes for the gateway. */
  public get workloadIdentity(): string {
    return `${this.workloadIdentityDirectory}/workload-identity/${this.gatewayName}-*`;
  }

  /** The vault that holds the tokens of the account. */
  public get tokenVault(): string {
    return this.agentCore('token-vault/default');
  }

  private agentCore(resource: string): string {
    return Arn.format(
      { service: 'bedrock-agentcore', resource, arnFormat: ArnFormat.NO_RESOURCE_NAME },
      Stack.of(this.scope),
    );
  }
}
