import { aws_bedrock as bedrock } from 'aws-cdk-lib';
import type { Geography } from './geography';
import { ModelAccess } from './model-access';

const { FoundationModelIdentifier: Known } = bedrock;

/** A Claude model on Amazon Bedrock. An agent is given a way of reaching it: `.global()` or `.inGeography()`. */
export class ClaudeModel {
  /** Claude Opus 5.5. */
  public static readonly OPUS_5_5 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_OPUS_5_5.modelId);
  /** Claude Sonnet 5.5. */
  public static readonly SONNET_5_5 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_SONNET_5_5.modelId);
  /** Claude Haiku 5.5. */
  public static readonly HAIKU_5_5 = ClaudeModel.of(Known.ANTHROPIC_CLAUDE_HAIKU_5_5.modelId);

  /**
   * A model that this class does not name.
   *
   * @param modelId the foundation model's id, without the prefix of a profile: `anthropic.claude-sonnet-5-5`
   */
  public static of(modelId: string): ClaudeModel {
    if (!/^anthropic\.claude-[a-z0-9.:-]+$/.test(modelId)) {
      throw new Error(
        `ClaudeModel: "${modelId}" is not the id of a Claude foundation model; it looks like "anthropic.claude-sonnet-5-5", without the prefix of an inference profile (use .global() or .inGeography() for that)`,
      );
    }
    return new ClaudeModel(modelId);
  }

  private constructor(
    /** The foundation model's id. */
    public readonly modelId: string,
  ) {}

  /** The model through its global inference profile: the widest capacity; any commercial Region may answer. */
  public global(): ModelAccess {
    return ModelAccess.global(this.modelId);
  }

  /** The model through the inference profile of a geography, which the requests do not leave. */
  public inGeography(geography: Geography): ModelAccess {
    return ModelAccess.inGeography(this.modelId, geography);
  }
}
