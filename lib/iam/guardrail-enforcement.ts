import { Arn, ArnFormat, Aws, aws_iam as iam } from 'aws-cdk-lib';
import { Actions } from './actions';

/**
 * Statements that let a guardrail be applied, and refuse every model call that goes without it.
 *
 * The refusal covers whatever is no inference profile: a call through a profile is authorized on the profile and then on
 * the model behind it, and for the model the condition key is documented.
 *
 * Source: "Enforce the use of specific guardrails in model inference requests" in the Amazon Bedrock user guide.
 *
 * @param guardrailArn ARN of the guardrail, without a version
 * @param version a number, or `DRAFT`, which the condition key does not spell out
 */
export function guardrailStatements(guardrailArn: string, version: string): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({ actions: [...Actions.APPLY_GUARDRAIL], resources: [guardrailArn] }),
    new iam.PolicyStatement({
      effect: iam.Effect.DENY,
      actions: [...Actions.INVOKE_MODEL],
      notResources: [everyProfile('inference-profile'), everyProfile('application-inference-profile')],
      conditions: {
        StringNotEquals: {
          'bedrock:GuardrailIdentifier': version === 'DRAFT' ? guardrailArn : `${guardrailArn}:${version}`,
        },
      },
    }),
  ];
}

function everyProfile(resource: string): string {
  return Arn.format({
    partition: Aws.PARTITION,
    service: 'bedrock',
    region: '*',
    account: '*',
    resource,
    resourceName: '*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}
