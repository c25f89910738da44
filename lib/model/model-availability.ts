/** How a model is offered on Amazon Bedrock. */
export interface ModelAvailability {
  /** Prefixes of its inference profiles, for instance `global` and `eu`. */
  readonly profiles: readonly string[];

  /** Whether it can be called without a profile, in the Region of the caller. */
  readonly inRegion: boolean;
}

/** When the table was made, for messages. */
export const AVAILABILITY_DATE = 'November 2026';

/**
 * From the model cards in the Amazon Bedrock user guide and from what `list-inference-profiles` gave in several Regions.
 * Models about which sources disagree are left out: about them nothing is said. `ClaudeModel.of` takes newer knowledge.
 */
const AVAILABILITY: Readonly<Record<string, ModelAvailability>> = {
  'anthropic.claude-opus-5-5': { profiles: ['global', 'us', 'eu', 'jp', 'au'], inRegion: false },
  'anthropic.claude-sonnet-5-5': { profiles: ['global', 'us', 'eu', 'jp', 'au', 'apac'], inRegion: false },
  'anthropic.claude-haiku-5-5': { profiles: ['global', 'us', 'eu', 'jp', 'au'], inRegion: false },
  'anthropic.claude-fable-5-1': { profiles: ['global', 'us'], inRegion: false },
};

/** What is known of a model; undefined where nothing is. */
export function knownAvailability(modelId: string): ModelAvailability | undefined {
  return AVAILABILITY[modelId];
}
