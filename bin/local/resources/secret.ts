import type { ResolvedTemplate } from '../../../lib/testing';
import { readPasswordRule, type PasswordRule } from '../secrets/generated-secret';

/** An AWS::SecretsManager::Secret of the template. */
export interface TemplateSecret {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** The value that the template itself holds. */
  readonly text?: string;
  /** How the value is made up. */
  readonly generate?: PasswordRule;
}

/** The six characters, and the hyphen before them, with which Secrets Manager ends the ARN of a secret. */
const ARN_SUFFIX = /-[A-Za-z0-9]{6}$/;

/** The name of the secret with this ARN. */
export function secretName(arn: string): string {
  return secretPath(arn).replace(ARN_SUFFIX, '');
}

/** What follows `:secret:` in an ARN, which may be a name or a name with the suffix. */
export function secretPath(arn: string): string {
  return arn.split(':').slice(6).join(':');
}

/** Whether `text` is the ARN, full or without its suffix, of a secret. */
export function isSecretArn(text: string): boolean {
  return /^arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:.+$/.test(text);
}

/**
 * Reads one secret of a stack.
 *
 * @throws Error naming the secret and what is wrong with how its value is to be made
 */
export function readSecret(template: ResolvedTemplate, logicalId: string): TemplateSecret {
  const arn = template.ref(logicalId);
  const rule = template.property(logicalId, 'GenerateSecretString');
  const text = template.property(logicalId, 'SecretString');
  try {
    return {
      logicalId,
      arn,
      name: secretName(arn),
      // A dynamic reference stands for a value that only AWS knows.
      ...(typeof text === 'string' && text !== '' && !text.includes('{{resolve:') ? { text } : {}),
      ...(rule === undefined ? {} : { generate: readPasswordRule(rule) }),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the secret ${logicalId} cannot be made: ${reason}`, { cause: error });
  }
}
