import { Aws, aws_cognito as cognito, Fn, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { isInGovCloud } from '../private/gov-cloud';

/** Digits of the hash of the construct's path. */
const PATH_DIGITS = 6;

/** Properties of a UserPoolSignInDomain. */
export interface UserPoolSignInDomainProps {
  readonly userPool: cognito.UserPool;
  readonly prefix: string;
}

/**
 * The address of the sign-in pages of a pool. Addresses are unique among all customers of a Region, so the id that AWS
 * CloudFormation gives the stack is part of it, and the path of the construct, because a stack can have two pools. It stays
 * as long as the stack does.
 */
export class UserPoolSignInDomain extends cognito.UserPoolDomain {
  constructor(scope: Construct, id: string, { userPool, prefix }: UserPoolSignInDomainProps) {
    // arn:…:stack/<name>/<eight digits>-…
    const stackDigits = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))));
    super(scope, id, {
      userPool,
      cognitoDomain: { domainPrefix: `${prefix}-${scope.node.addr.slice(-PATH_DIGITS)}-${stackDigits}` },
      managedLoginVersion: cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    });
  }

  /** The address of the pages; in AWS GovCloud (US) they have no other than the one with FIPS endpoints. */
  public get url(): string {
    return this.baseUrl({ fips: isInGovCloud(Stack.of(this)) });
  }
}
