import { aws_bedrock as bedrock } from 'aws-cdk-lib';
import type { Geography } from './geography';
import { ModelAccess } from './model-access';
import { knownAvailability, type ModelAvailability } from './model-availability';

const { FoundationModelIdentifier: Known } = bedrock;

/** A Claude model on Amazon Bedrock. An agent is given a way of reaching it, for instance `.global()`. */
export class ClaudeModel {
  /** Claude Opus 5.5. */
  public static readonly OPUS_5_5 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_OPUS_5_5.modelId);
  /** Claude Opus 5. */
  public static readonly OPUS_5 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_OPUS_5.modelId);
  /** Claude Opus 4.8. */
  public static readonly OPUS_4_8 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_OPUS_4_8.modelId);
  /** Claude Opus 4.7. */
  public static readonly OPUS_4_7 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_OPUS_4_7.modelId);
  /** Claude Opus 4.6. */
  public static readonly OPUS_4_6 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_OPUS_4_6_V1.modelId);
  /** Claude Sonnet 5.5. */
  public static readonly SONNET_5_5 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_SONNET_5_5.modelId);
  /** Claude Sonnet 5. */
  public static readonly SONNET_5 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_SONNET_5.modelId);
  /** Claude Sonnet 4.6. */
  public static readonly SONNET_4_6 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_SONNET_4_6.modelId);
  /** Claude Sonnet 4.5. */
  public static readonly SONNET_4_5 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_SONNET_4_5_20250929_V1_0.modelId);
  /** Claude Haiku 5.5. */
  public static readonly HAIKU_5_5 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_HAIKU_5_5.modelId);
  /** Claude Haiku 4.5. */
  public static readonly HAIKU_4_5 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_HAIKU_4_5_20251001_V1_0.modelId);
  /** Claude Fable 5.1. */
  public static readonly FABLE_5_1 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_FABLE_5_1.modelId);

  /**
   * A model that this class does not name, or newer knowledge of one that it does.
   *
   * @param modelId the foundation model's id, without the prefix of a profile: `anthropic.claude-sonnet-5-5`
   * @param availability how the model is offered; left out, what this version of the library knows
   */
  public static of(modelId: string, availability?: ModelAvailability): ClaudeModel {
    if (!/^anthropic\.claude-[a-z0-9.:-]+$/.test(modelId)) {
      throw new Error(
        `ClaudeModel: "${modelId}" is not the id of a Claude foundation model; it looks like "anthropic.claude-sonnet-5-5", without the prefix of an inference profile (use .global() or .inGeography() for that)`,
      );
    }
    return new ClaudeModel(modelId, availability ?? knownAvailability(modelId));
  }

  private constructor(
    /** The foundation model's id. */
    public readonly modelId: string,
    /** How the model is offered; undefined where that is not known. */
    public readonly availability: ModelAvailability | undefined,
  ) {}

  /** The model through its global inference profile: the widest capacity; any commercial Region may answer. */
  public global(): ModelAccess {
    return ModelAccess.global(this);
  }

  /** The model through the inference profile of a geography, which the requests do not leave. */
  public inGeography(geography: Geography): ModelAccess {
    return ModelAccess.inGeography(this, geography);
  }

  /** The model without a profile: only the agent's own Region answers. Recent Claude models do not offer this. */
  public inRegion(): ModelAccess {
    return ModelAccess.inRegion(this);
  }

  /**
   * The model through an application inference profile of the account, for instance to see its cost by tag.
   *
   * @param profileArn the profile's ARN
   * @param destinationRegions the Regions that the profile routes to; left out, any Region may answer, but only through
   * this profile. Leave it out for a profile made from a global one, which routes without naming a Region
   */
  public applicationProfile(profileArn: string, destinationRegions?: readonly string[]): ModelAccess {
    return ModelAccess.applicationProfile(this, profileArn, destinationRegions);
  }
}
