import { Duration } from 'aws-cdk-lib';
import type { aws_iam as iam, aws_lambda as lambda } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { LibraryFunction } from '../functions/library-function';
import { DOMAINS_VARIABLE } from '../handlers/pre-sign-up/pre-sign-up';

/** Properties of a SignUpGate. */
export interface SignUpGateProps {
  /** In any case, without what Amazon Cognito could not have. */
  readonly allowedEmailDomains: readonly string[];
  /** @default - no boundary */
  readonly permissionsBoundary?: iam.IManagedPolicy | undefined;
}

/** Refuses to make users whose e-mail address is of another domain, unless an administrator invites them. */
export class SignUpGate extends Construct {
  /** The trigger "pre sign-up". */
  public readonly function: lambda.Function;

  constructor(scope: Construct, id: string, { allowedEmailDomains, permissionsBoundary }: SignUpGateProps) {
    super(scope, id);
    this.function = new LibraryFunction(this, 'PreSignUp', {
      handler: 'pre-sign-up',
      description: 'Lets e-mail addresses of some domains sign up',
      // Amazon Cognito waits no longer.
      timeout: Duration.seconds(5),
      permissionsBoundary,
      environment: {
        [DOMAINS_VARIABLE]: [...new Set(allowedEmailDomains.map((domain) => domain.toLowerCase()))].join(),
      },
    }).function;
  }
}
