import { Stack } from 'aws-cdk-lib';
import type { aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IAgent, IAgentCapability } from '../agent/agent';
import { AgentEnvironment } from '../agent/agent-environment';
import { secretStatements } from '../iam/secret-access';
import type { VaultProviderAccess } from '../iam/token-vault-access';

/**
 * A connection of agents to another service, through a credential provider of AgentCore Identity whose secret stays where you
 * keep it, in AWS Secrets Manager: neither the template nor the agent's environment has it.
 */
export abstract class ConnectionBase extends Construct implements IAgentCapability {
  /** By what agents know the connection. */
  public abstract readonly connectionName: string;

  /** The name of the credential provider. */
  public abstract readonly providerName: string;

  /** The ARN of the credential provider; with it a gateway can use the connection for itself (`OutboundCredential`). */
  public abstract readonly credentialProviderArn: string;

  /** The secret that the credential provider uses. */
  protected abstract readonly secret: secretsmanager.ISecret;

  protected abstract readonly access: VaultProviderAccess;

  /**
   * Lets `agent` use this connection. It gets credentials of this provider under its own workload identity and of no other,
   * and may read the secret, because AgentCore reads it with the permissions of whoever asks for a credential.
   */
  public bindToAgent(agent: IAgent): void {
    agent.addEnvironment(
      `${AgentEnvironment.CONNECTION_PREFIX}${this.connectionName}`,
      Stack.of(agent).toJsonString(this.told()),
    );
    this.access.grantCredential(agent, agent);
    for (const statement of secretStatements(this.secret)) agent.grantPrincipal.addToPrincipalPolicy(statement);
  }

  /** What the agent is told. */
  protected abstract told(): Readonly<Record<string, unknown>>;
}
