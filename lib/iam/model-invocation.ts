import { aws_iam as iam } from 'aws-cdk-lib';
import { Actions } from './actions';

/** One model by one way of reaching it, as IAM sees it. */
export interface InvokedModel {
  /** ARNs of the foundation model in each Region that may answer; a Region may be a wildcard behind a profile. */
  readonly foundationModelArns: readonly string[];

  /**
   * The inference profile that is called.
   *
   * @default - none: the foundation model itself is called
   */
  readonly profileArn?: string;

  /**
   * Whether the profile is one of the account, which the Claude Agent SDK looks up.
   *
   * @default false
   */
  readonly applicationProfile?: boolean;

  /**
   * ARN of the foundation model without a Region, for profiles that route globally.
   *
   * @default - the profile does not route globally
   */
  readonly globalFoundationModelArn?: string;
}

/**
 * Statements that allow a model one way and no other: Amazon Bedrock authorizes the inference profile and then the
 * foundation model at its destination, with the profile's ARN as a condition key.
 *
 * Source: "Global cross-Region inference" and "Prerequisites for inference profiles" in the Amazon Bedrock user guide.
 */
export function modelInvocationStatements(model: InvokedModel): iam.PolicyStatement[] {
  const { profileArn, foundationModelArns, globalFoundationModelArn, applicationProfile = false } = model;
  const allow = (resources: readonly string[], stringEquals?: Readonly<Record<string, string>>): iam.PolicyStatement =>
    new iam.PolicyStatement({
      actions: [...Actions.INVOKE_MODEL],
      resources: [...resources],
      ...(stringEquals === undefined ? {} : { conditions: { StringEquals: stringEquals } }),
    });
  if (profileArn === undefined) return [allow(foundationModelArns)];

  const throughProfile = { 'bedrock:InferenceProfileArn': profileArn };
  return [
    ...(applicationProfile
      ? [new iam.PolicyStatement({ actions: [...Actions.GET_INFERENCE_PROFILE], resources: [profileArn] })]
      : []),
    allow([profileArn]),
    allow(foundationModelArns, throughProfile),
    ...(globalFoundationModelArn === undefined
      ? []
      : [allow([globalFoundationModelArn], { ...throughProfile, 'aws:RequestedRegion': 'unspecified' })]),
  ];
}
