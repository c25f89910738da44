import { aws_iam as iam } from 'aws-cdk-lib';
import type { aws_logs as logs } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { AcknowledgedPolicy } from '../iam/acknowledged-policy';
import { Actions } from '../iam/actions';

/** Properties of a FunctionRole. */
export interface FunctionRoleProps {
  readonly logGroup: logs.ILogGroup;
  /** @default - no boundary */
  readonly permissionsBoundary?: iam.IManagedPolicy;
}

/** What the function of a tool may do before anything is granted to it: write its own log. */
export class FunctionRole extends Construct {
  public readonly role: iam.Role;

  constructor(scope: Construct, id: string, { logGroup, permissionsBoundary }: FunctionRoleProps) {
    super(scope, id);
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: 'What the function of a tool may do',
      ...(permissionsBoundary === undefined ? {} : { permissionsBoundary }),
    });
    new AcknowledgedPolicy(this, 'Log', {
      role: this.role,
      description: 'The log of the function',
      statements: [
        { statement: new iam.PolicyStatement({ actions: [...Actions.WRITE_LOGS], resources: [logGroup.logGroupArn] }) },
      ],
    });
  }
}
