import { aws_iam as iam } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { AcknowledgedPolicy } from '../iam/acknowledged-policy';
import { codeInterpreterTrust } from '../iam/code-interpreter-trust';
import type { BucketAccess } from './bucket-access';

/** Properties of a CodeInterpreterRole. */
export interface CodeInterpreterRoleProps {
  readonly codeInterpreterName: string;
  /** At least one. */
  readonly bucketAccess: readonly BucketAccess[];
}

/** What the code in one interpreter may do in Amazon S3. */
export class CodeInterpreterRole extends Construct {
  public readonly role: iam.Role;

  constructor(scope: Construct, id: string, { codeInterpreterName, bucketAccess }: CodeInterpreterRoleProps) {
    super(scope, id);
    this.role = new iam.Role(this, 'Role', {
      assumedBy: codeInterpreterTrust(this, codeInterpreterName),
      description: 'What the code in the code interpreter may do',
    });
    new AcknowledgedPolicy(this, 'BucketAccess', {
      role: this.role,
      description: 'Objects that the code in the code interpreter reaches',
      statements: bucketAccess.flatMap((access) => access.statements()),
    });
  }
}
