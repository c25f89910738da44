import { aws_iam as iam } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { AcknowledgedPolicy } from '../iam/acknowledged-policy';
import { ExecutionPermissions } from '../iam/execution-permissions';
import { gatewayTrust } from '../iam/gateway-access';
import type { BaselineStatement } from '../iam/runtime-baseline';

/** Properties of a GatewayRole. */
export interface GatewayRoleProps {
  readonly gatewayName: string;
  /** @default - no boundary */
  readonly permissionsBoundary?: iam.IManagedPolicy;
}

/**
 * What AgentCore does for one gateway, and nothing besides: the role, and its permissions, which the gateway and its targets
 * wait for.
 */
export class GatewayRole extends Construct {
  public readonly role: iam.Role;

  /** Grants write here; make what needs the role depend on it. */
  public readonly permissions: ExecutionPermissions;

  constructor(scope: Construct, id: string, { gatewayName, permissionsBoundary }: GatewayRoleProps) {
    super(scope, id);
    this.role = new iam.Role(this, 'Role', {
      assumedBy: gatewayTrust(this, gatewayName),
      description: `What the gateway ${gatewayName} may do`,
      ...(permissionsBoundary === undefined ? {} : { permissionsBoundary }),
    });
    this.permissions = new ExecutionPermissions(this, 'Permissions', {
      role: this.role,
      attached: true,
      holder: 'gateway',
    });
  }

  /** Adds what the gateway needs; wildcards that are acknowledged have a policy of their own. */
  public allow(statements: readonly BaselineStatement[]): void {
    const forced = statements.filter(({ wildcard }) => wildcard !== undefined);
    if (forced.length > 0) {
      new AcknowledgedPolicy(this.permissions, 'Forced', {
        role: this.role,
        description: 'What the gateway needs on resources whose names AgentCore or callers complete',
        statements: forced,
      });
    }
    for (const { statement, wildcard } of statements) {
      if (wildcard === undefined) this.permissions.addToPrincipalPolicy(statement);
    }
  }
}
