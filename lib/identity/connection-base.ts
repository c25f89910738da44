import { Stack } from 'aws-cdk-lib';
import type { aws_iam as iam, aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IAgent } from '../agent/agent';
import type { ConnectionKind, IConnection } from '../agent/agent-connections';
import { AgentEnvironment } from '../agent/agent-environment';
import { secretStatements } from '../iam/secret-access';
import type { VaultProviderAccess } from '../iam/token-vault-access';
import { throwFindings } from '../private/validation';
import { takenNameFindings } from './connection-findings';

/**
 * A connection of agents to another service, through a credential provider of AgentCore Identity whose secret stays where you
 * keep it, in AWS Secrets Manager: neither the template nor the agent's environment has it.
 */
export abstract class ConnectionBase extends Construct implements IConnection {
  /** By what agents know the connection. */
  public abstract readonly connectionName: string;

  /** Whose credentials it has. */
  public abstract readonly connectionKind: ConnectionKind;

  /** The name of the credential provider. */
  public abstract readonly providerName: string;

  /** The ARN of the credential provider; with it a gateway can use the connection for itself (`OutboundCredential`). */
  public abstract readonly credentialProviderArn: string;

  /** The secret that the credential provider uses. */
  protected abstract readonly secret: secretsmanager.ISecret;

  protected abstract readonly access: VaultProviderAccess;

  private readonly bound = new WeakSet<IAgent>();

  /** What reading the secret takes; AgentCore reads it with the permissions of whoever asks for a credential. */
  public get secretStatements(): iam.PolicyStatement[] {
    return secretStatements(this.secret);
  }

  /**
   * Lets `agent` use this connection. It gets credentials of this provider under its own workload identity and of no other,
   * and may read the secret, because AgentCore reads it with the permissions of whoever asks for a credential.
   *
   * @throws Error when a gateway or another connection of the agent has the name of the connection
   */
  public bindToAgent(agent: IAgent): void {
    throwFindings(this, [
      ...takenNameFindings(this, agent),
      ...(this.bound.has(agent)
        ? [`the agent ${agent.agentName} has this connection already; take it out of capabilities once`]
        : []),
    ]);
    this.bound.add(agent);
    agent.addEnvironment(
      `${AgentEnvironment.CONNECTION_PREFIX}${this.connectionName}`,
      Stack.of(agent).toJsonString({ kind: this.connectionKind, ...this.told() }),
    );
    this.access.grantCredential(agent, agent);
    for (const statement of this.secretStatements) agent.grantPrincipal.addToPrincipalPolicy(statement);
  }

  /** What the agent is told besides the kind. */
  protected abstract told(): Readonly<Record<string, unknown>>;
}
