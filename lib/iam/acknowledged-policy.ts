import { aws_iam as iam } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledgeWildcardResource } from '../private/acknowledge';
import type { BaselineStatement } from './runtime-baseline';

/** Properties of an AcknowledgedPolicy. */
export interface AcknowledgedPolicyProps {
  readonly role: iam.IRole;
  readonly description: string;
  readonly statements: readonly BaselineStatement[];
}

/** A managed policy of one role that answers for its own wildcards. */
export class AcknowledgedPolicy extends iam.ManagedPolicy {
  constructor(scope: Construct, id: string, { role, description, statements }: AcknowledgedPolicyProps) {
    super(scope, id, { description, roles: [role], statements: statements.map(({ statement }) => statement) });
    for (const { wildcard } of statements) {
      if (wildcard !== undefined) acknowledgeWildcardResource(this, wildcard.resource, wildcard.reason);
    }
  }
}
