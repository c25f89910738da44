import type { aws_dynamodb as dynamodb, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IAgent, IAgentCapability } from '../agent/agent';
import { AgentEnvironment } from '../agent/agent-environment';
import { UserRole } from '../agent/user-role';
import { sessionRowStatements } from '../iam/session-row-access';
import { throwFindings } from '../private/validation';

/** How long sessions are listed. */
export interface SessionRetentionOptions {
  /**
   * How long after its last use a session stays in the list: whole days, 3,650 at the most. Amazon DynamoDB deletes its row
   * within a few days after that. What else is kept of the session stays.
   *
   * @default - sessions stay in the list
   */
  readonly retention?: Duration;
}

/** Ten years: more is a mistake in the unit. */
const MAX_RETENTION_DAYS = 3650;

/**
 * A table that lists the sessions of each user.
 *
 * Its keys are `pk`, which is `USER#<user key>`, and `sk`, which is `SESSION#<session id>` or `SETTINGS`. Its index
 * `byLastUse` has `pk` and `updatedAt`, and all attributes.
 */
export abstract class SessionTableBase extends Construct implements IAgentCapability {
  /** The table. */
  public abstract readonly table: dynamodb.ITable;

  private readonly retention?: Duration;

  /** @throws Error when the retention is not in whole days, or more than 3,650 */
  protected constructor(scope: Construct, id: string, { retention }: SessionRetentionOptions = {}) {
    super(scope, id);
    if (retention === undefined) return;
    throwFindings(this, retentionFindings(retention));
    this.retention = retention;
  }

  /**
   * Lists the sessions of `agent` in this table. Its execution role reaches no row; the user-scoped role reads and writes
   * those of one user. Several agents can share a table: a row has the name of its agent.
   */
  public bindToAgent(agent: IAgent): void {
    agent.addEnvironment(AgentEnvironment.SESSION_TABLE, this.table.tableName);
    if (this.retention !== undefined) {
      agent.addEnvironment(AgentEnvironment.SESSION_RETENTION_DAYS, String(this.retention.toDays()));
    }
    UserRole.of(agent).addPolicy('Sessions', {
      description: 'The list of the sessions of the user',
      statements: sessionRowStatements(this.table, 'note'),
    });
  }
}

function retentionFindings(retention: Duration): string[] {
  const days = retention.isUnresolved() ? undefined : retention.toDays({ integral: false });
  if (days !== undefined && Number.isInteger(days) && days >= 1 && days <= MAX_RETENTION_DAYS) return [];
  const found = days === undefined ? 'unknown at synthesis' : `${days} days`;
  return [`retention is ${found}; give whole days from Duration.days(1) to Duration.days(${MAX_RETENTION_DAYS})`];
}
