import type { AgentConfig } from './config.ts';
import { Conversation } from './conversation.ts';
import type { Definition } from './definition.ts';
import type { LimitMeter, LimitOptions } from './limits.ts';
import type { Log } from './log.ts';
import { sdkOptions, type SdkHooks } from './sdk-options.ts';
import { readSecrets, SecretStore } from './secrets.ts';
import { readTranscript } from './transcript.ts';

export interface LauncherOptions {
  readonly config: AgentConfig;
  readonly definition: Definition;
  readonly hooks: SdkHooks;
  readonly limits: LimitMeter;
  readonly log: Log;
  /** The SDK's id of the conversation to go on with. */
  readonly conversation: string | undefined;
  readonly onIdentity: (conversation: string) => void;
}

/** The conversation of a session, whose agent processes are started as the deployment says. */
export function createConversation(options: LauncherOptions): Conversation {
  const { config, definition, hooks, limits, log, conversation, onIdentity } = options;
  let launched: LimitOptions = {};
  const store = new SecretStore(() => readSecrets(config));
  return new Conversation(
    {
      launchOptions: async ({ systemPrompt, model }, resume) => {
        const secrets = await store.get();
        const onStderr = (text: string): void => log('warn', 'the agent process wrote to stderr', { text });
        const { env } = process;
        const options = sdkOptions({ config, definition, env, secrets, hooks, onStderr, resume, model, systemPrompt });
        launched = limits.launchOptions();
        return { ...options, ...launched };
      },
      isOutdated: () => limits.isOutdated(launched),
      transcriptOf: (id) => readTranscript(config.configDirectory, id),
      log,
      onIdentity,
      onRetired: () => store.forget(),
    },
    conversation,
  );
}
