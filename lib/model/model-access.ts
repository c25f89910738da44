import { Arn, ArnFormat, Aws, aws_iam as iam } from 'aws-cdk-lib';
import { modelInvocationStatements, type ProfiledModel } from '../iam/model-invocation';
import type { Geography } from './geography';

/** One model by one way of reaching it: what the agent asks for, and what it must be allowed for that. */
export class ModelAccess {
  /** The model through its global inference profile: any commercial Region may answer. */
  public static global(modelId: string): ModelAccess {
    return new ModelAccess(`global.${modelId}`, (profileArn) => ({
      profileArn,
      foundationModelArns: [foundationModelArn(modelId, Aws.REGION)],
      globalFoundationModelArn: foundationModelArn(modelId, ''),
    }));
  }

  /** The model through the inference profile of a geography: only its Regions answer. */
  public static inGeography(modelId: string, geography: Geography): ModelAccess {
    return new ModelAccess(
      `${geography.prefix}.${modelId}`,
      (profileArn) => ({
        profileArn,
        foundationModelArns: geography.destinationRegions.map((region) => foundationModelArn(modelId, region)),
      }),
      geography,
    );
  }

  private constructor(
    /** What the agent names in its calls, for instance `global.anthropic.claude-sonnet-5-5`. */
    public readonly invocationId: string,
    private readonly describe: (profileArn: string) => ProfiledModel,
    /** The geography that the requests stay in; undefined where they may go anywhere. */
    public readonly geography?: Geography,
  ) {}

  /** Allows `grantee` to call the model this way, with and without streaming, and no other way. */
  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    const profileArn = Arn.format({
      partition: Aws.PARTITION,
      service: 'bedrock',
      region: Aws.REGION,
      account: Aws.ACCOUNT_ID,
      resource: 'inference-profile',
      resourceName: this.invocationId,
    });
    return modelInvocationStatements(this.describe(profileArn))
      .map((statement) =>
        iam.Grant.addToPrincipal({
          grantee,
          actions: statement.actions,
          resourceArns: statement.resources,
          conditions: statement.conditions as Record<string, Record<string, unknown>>,
        }),
      )
      .reduce((all, grant) => all.combine(grant));
  }
}

function foundationModelArn(modelId: string, region: string): string {
  return Arn.format({
    partition: Aws.PARTITION,
    service: 'bedrock',
    region,
    account: '',
    resource: 'foundation-model',
    resourceName: modelId,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}
