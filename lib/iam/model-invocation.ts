import { aws_iam as iam } from 'aws-cdk-lib';
import { Actions } from './actions';

/** A foundation model reached through an inference profile. */
export interface ProfiledModel {
  readonly profileArn: string;
  /** ARNs of the foundation model in each Region that the profile may send a request to. */
  readonly foundationModelArns: readonly string[];
  /**
   * ARN of the foundation model without a Region, for profiles that route globally.
   *
   * @default - the profile does not route globally
   */
  readonly globalFoundationModelArn?: string;
}

/**
 * Statements that allow one model through one inference profile, and the model no other way: Amazon Bedrock authorizes
 * the profile and then the foundation model at its destination, with the profile's ARN as a condition key.
 *
 * Source: "Global cross-Region inference" and "Prerequisites for inference profiles" in the Amazon Bedrock user guide.
 */
export function modelInvocationStatements(model: ProfiledModel): iam.PolicyStatement[] {
  const allow = (resources: readonly string[], stringEquals?: Readonly<Record<string, string>>): iam.PolicyStatement =>
    new iam.PolicyStatement({
      actions: [...Actions.INVOKE_MODEL],
      resources: [...resources],
      ...(stringEquals === undefined ? {} : { conditions: { StringEquals: stringEquals } }),
    });
  const throughProfile = { 'bedrock:InferenceProfileArn': model.profileArn };

  return [
    allow([model.profileArn]),
    allow(model.foundationModelArns, throughProfile),
    ...(model.globalFoundationModelArn === undefined
      ? []
      : [allow([model.globalFoundationModelArn], { ...throughProfile, 'aws:RequestedRegion': 'unspecified' })]),
  ];
}
