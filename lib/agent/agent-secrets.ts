import type { aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import { secretStatements } from '../iam/secret-access';
import { throwFindings } from '../private/validation';
import type { IAgent, IAgentCapability } from './agent';
import { AgentEnvironment } from './agent-environment';
import { SECRET_NAME, type HeaderReference } from './header-reference';

/** Secrets that an agent reads when a session starts, by the names that its definition has for them. */
export class AgentSecrets implements IAgentCapability {
  /**
   * @param secrets by name: a capital letter, then up to 63 capital letters, digits and underscores
   * @param references what the definition of the agent asks for
   */
  constructor(
    private readonly secrets: Readonly<Record<string, secretsmanager.ISecret>>,
    private readonly references: readonly HeaderReference[],
  ) {}

  /** @throws Error when a name is not allowed, or a secret that the definition asks for is not there */
  public bindToAgent(agent: IAgent): void {
    throwFindings(agent, [...this.nameFindings(), ...this.referenceFindings()]);
    for (const [name, secret] of Object.entries(this.secrets)) {
      agent.addEnvironment(`${AgentEnvironment.SECRET_PREFIX}${name}`, secret.secretArn);
      for (const statement of secretStatements(secret)) agent.grantPrincipal.addToPrincipalPolicy(statement);
    }
  }

  private nameFindings(): string[] {
    return Object.keys(this.secrets)
      .filter((name) => !SECRET_NAME.test(name))
      .map(
        (name) =>
          `secret "${name}" has a name that is not allowed: a capital letter, then up to 63 capital letters, digits and underscores, for instance "GITHUB_TOKEN"`,
      );
  }

  private referenceFindings(): string[] {
    const names = Object.keys(this.secrets);
    return this.references
      .filter(({ name }) => !names.includes(name))
      .map(
        ({ server, header, name }) =>
          `mcp.json of the definition asks for the secret "${name}" (server "${server}", header "${header}"), and the agent has ${names.length === 0 ? 'no secrets' : names.join(', ')}; add it to "secrets", by that name`,
      );
  }
}
