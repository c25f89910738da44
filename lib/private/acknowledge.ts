import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { renderedText } from './rendered-text';

/**
 * Acknowledges cdk-nag's AwsSolutions-IAM5 for one resource pattern in the policies of `scope`.
 *
 * For patterns that the service forces only: what a prop could narrow stays visible to the user. Needs no cdk-nag; an
 * acknowledgement that no rule asks for does nothing.
 *
 * @param resource the resource exactly as the statement has it
 * @param reason why the service leaves no narrower form
 */
export function acknowledgeWildcardResource(scope: IConstruct, resource: string, reason: string): void {
  // cdk-nag writes policy variables like references.
  const text = renderedText(scope, resource).replace(/\$\{(.*?)\}/g, '<$1>');
  Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[Resource::${text}]`, reason });
}
