import { Annotations, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { aws_kms as kms } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { Actions } from './actions';

/**
 * Lets CloudWatch Logs use `key` for one log group pattern. CloudWatch Logs refuses a key whose policy does not say so; the
 * policy of a key that is only imported cannot be changed, so it has to say so already: a note tells.
 */
export function grantLogEncryption(scope: IConstruct, key: kms.IKey, logGroupArn: string): void {
  const { statementAdded } = key.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(`logs.${Stack.of(scope).region}.amazonaws.com`)],
      actions: [...Actions.ENCRYPT_LOGS],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroupArn } },
    }),
  );
  if (statementAdded) return;
  Annotations.of(scope).addInfoV2(
    'cdk-agentcore-constructs:importedLogKey',
    `the policy of the key ${key.node.path} is not changed, because the key is imported; let it allow logs.<region>.amazonaws.com the actions ${Actions.ENCRYPT_LOGS.join(', ')} for the log groups of the agent before the stack is deployed, or CloudWatch Logs refuses the key`,
  );
}
