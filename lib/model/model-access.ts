import { Arn, ArnFormat, Aws, aws_iam as iam, Token } from 'aws-cdk-lib';
import { modelInvocationStatements, type InvokedModel } from '../iam/model-invocation';
import { throwFindings } from '../private/validation';
import type { ClaudeModel } from './claude-model';
import type { Geography } from './geography';

/** How a model is reached. */
export enum ModelRoute {
  /** Through the global inference profile: any commercial Region may answer. */
  GLOBAL = 'global',
  /** Through the inference profile of a geography: only its Regions answer. */
  GEOGRAPHY = 'geography',
  /** Without a profile: only the agent's own Region answers. */
  REGION = 'region',
  /** Through an application inference profile of the account. */
  APPLICATION_PROFILE = 'application profile',
}

interface ModelAccessAttributes {
  readonly model: ClaudeModel;
  readonly route: ModelRoute;
  readonly invocationId: string;
  readonly invoked: InvokedModel;
  readonly geography?: Geography;
}

/** One model by one way of reaching it: what the agent asks for, and what it must be allowed for that. */
export class ModelAccess {
  /** The model through its global inference profile. */
  public static global(model: ClaudeModel): ModelAccess {
    const { modelId } = model;
    const invocationId = `global.${modelId}`;
    return new ModelAccess({
      model,
      route: ModelRoute.GLOBAL,
      invocationId,
      invoked: {
        profileArn: systemProfileArn(invocationId),
        foundationModelArns: [foundationModelArn(modelId, Aws.REGION)],
        globalFoundationModelArn: foundationModelArn(modelId, ''),
      },
    });
  }

  /** The model through the inference profile of a geography. */
  public static inGeography(model: ClaudeModel, geography: Geography): ModelAccess {
    const { modelId } = model;
    const invocationId = `${geography.prefix}.${modelId}`;
    return new ModelAccess({
      model,
      route: ModelRoute.GEOGRAPHY,
      invocationId,
      geography,
      invoked: {
        profileArn: systemProfileArn(invocationId),
        foundationModelArns: geography.destinationRegions.map((region) => foundationModelArn(modelId, region)),
      },
    });
  }

  /** The model without a profile, in the agent's own Region. Recent Claude models do not offer this. */
  public static inRegion(model: ClaudeModel): ModelAccess {
    const { modelId } = model;
    return new ModelAccess({
      model,
      route: ModelRoute.REGION,
      invocationId: modelId,
      invoked: { foundationModelArns: [foundationModelArn(modelId, Aws.REGION)] },
    });
  }

  /**
   * The model through an application inference profile, for instance to see its cost by tag.
   *
   * @param destinationRegions the Regions that the profile routes to; left out, the model may answer in any Region, but
   * only through this profile. Leave it out for a profile made from a global one, which routes without naming a Region
   */
  public static applicationProfile(
    model: ClaudeModel,
    profileArn: string,
    destinationRegions: readonly string[] = ['*'],
  ): ModelAccess {
    throwFindings('ModelAccess.applicationProfile', applicationProfileFindings(profileArn));
    return new ModelAccess({
      model,
      route: ModelRoute.APPLICATION_PROFILE,
      invocationId: profileArn,
      invoked: {
        profileArn,
        applicationProfile: true,
        foundationModelArns: destinationRegions.map((region) => foundationModelArn(model.modelId, region)),
      },
    });
  }

  /** The model that is reached. */
  public readonly model: ClaudeModel;

  /** How the model is reached. */
  public readonly route: ModelRoute;

  /** What the agent names in its calls, for instance `global.anthropic.claude-sonnet-5-5`. */
  public readonly invocationId: string;

  /** The geography that the requests stay in; undefined for every other route. */
  public readonly geography?: Geography;

  private readonly invoked: InvokedModel;

  private constructor({ model, route, invocationId, invoked, geography }: ModelAccessAttributes) {
    this.model = model;
    this.route = route;
    this.invocationId = invocationId;
    this.invoked = invoked;
    if (geography !== undefined) this.geography = geography;
  }

  /** Whether a grant of `other` allows just what one of this allows. */
  public allowsSameAs(other: ModelAccess): boolean {
    return JSON.stringify(this.invoked) === JSON.stringify(other.invoked);
  }

  /** Allows `grantee` to call the model this way, with and without streaming, and no other way. */
  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    return modelInvocationStatements(this.invoked)
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

function applicationProfileFindings(arn: string): string[] {
  if (
    Token.isUnresolved(arn) ||
    /^arn:[a-z-]+:bedrock:[a-z0-9-]+:\d{12}:application-inference-profile\/[a-z0-9]+$/.test(arn)
  ) {
    return [];
  }
  return [
    `"${arn}" is not the ARN of an application inference profile; it looks like "arn:aws:bedrock:eu-central-1:111122223333:application-inference-profile/abc123"`,
  ];
}

function systemProfileArn(profileId: string): string {
  return Arn.format({
    partition: Aws.PARTITION,
    service: 'bedrock',
    region: Aws.REGION,
    account: Aws.ACCOUNT_ID,
    resource: 'inference-profile',
    resourceName: profileId,
  });
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
