import { aws_iam as iam } from 'aws-cdk-lib';
import type { aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import { Actions } from './actions';

/**
 * Statements that allow reading the value of one secret, and decrypting that secret when it has a key of the account.
 *
 * Less than `grantRead` of the secret gives: that adds a look at its description, and the key for every secret under it.
 */
export function secretStatements(secret: secretsmanager.ISecret): iam.PolicyStatement[] {
  const secretArn = secretArnPattern(secret);
  const read = secretValueStatement(secretArn);
  if (secret.encryptionKey === undefined) return [read];

  const decrypt = new iam.PolicyStatement({
    actions: [...Actions.DECRYPT],
    resources: [secret.encryptionKey.keyArn],
    conditions: {
      StringEquals: { 'kms:ViaService': `secretsmanager.${secret.env.region}.amazonaws.com` },
      // Secrets Manager names the secret in each of its calls: one key may encrypt many.
      StringLike: { 'kms:EncryptionContext:SecretARN': secretArn },
    },
  });
  return [read, decrypt];
}

/** The statement that allows reading the value of a secret of which no more than the ARN is known. */
export function secretValueStatement(secretArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: [...Actions.READ_SECRET], resources: [secretArn] });
}

/**
 * The ARN of a secret as policies name it. Secrets Manager ends an ARN with six characters of its own, which a secret that is
 * imported by its name does not tell.
 */
export function secretArnPattern(secret: secretsmanager.ISecret): string {
  return secret.secretFullArn ?? `${secret.secretArn}-??????`;
}
