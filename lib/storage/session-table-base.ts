import type { aws_dynamodb as dynamodb } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IAgent, IAgentCapability } from '../agent/agent';
import { AgentEnvironment } from '../agent/agent-environment';
import { UserRole } from '../agent/user-role';
import { sessionRowStatements } from '../iam/session-row-access';

/**
 * A table that lists the sessions of each user.
 *
 * Its keys are `pk`, which is `USER#<user key>`, and `sk`, which is `SESSION#<session id>` or `SETTINGS`. Its index
 * `byLastUse` has `pk` and `updatedAt`, and all attributes.
 */
export abstract class SessionTableBase extends Construct implements IAgentCapability {
  /** The table. */
  public abstract readonly table: dynamodb.ITable;

  /**
   * Lists the sessions of `agent` in this table. Its execution role reaches no row; the user-scoped role reads and writes
   * those of one user. Several agents can share a table: a row has the name of its agent.
   */
  public bindToAgent(agent: IAgent): void {
    agent.addEnvironment(AgentEnvironment.SESSION_TABLE, this.table.tableName);
    UserRole.of(agent).addPolicy('Sessions', {
      description: 'The list of the sessions of the user',
      statements: sessionRowStatements(this.table, 'note'),
    });
  }
}
