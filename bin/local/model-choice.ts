import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { ModelBackend } from './endpoints/bedrock-runtime';
import { bedrockUpstream } from './model-upstream';
import { echoScript } from './model/echo-script';
import { createScriptedBedrock } from './model/scripted-bedrock';
import type { AwsCredentials } from './sigv4';

export const MODEL_CHOICES = ['scripted', 'bedrock', 'provider'] as const;
export type ModelChoice = (typeof MODEL_CHOICES)[number];

export interface ChosenModel {
  readonly backend: ModelBackend;
  /** Which model answers, and why, for the person who started the run. */
  readonly description: string;
}

/**
 * What answers calls of Amazon Bedrock in the local run. `bedrock` is Amazon Bedrock itself, with the AWS credentials of
 * the person who started the run; where there are none, and with any other choice, a scripted model answers, and says so
 * each time.
 *
 * @param environment of the runner; `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` and `AWS_ENDPOINT_URL_BEDROCK` move the endpoints
 */
export async function chooseModel(choice: ModelChoice, environment: NodeJS.ProcessEnv): Promise<ChosenModel> {
  if (choice !== 'bedrock') return scripted('Amazon Bedrock was not asked for (--model bedrock does)');

  const credentials: () => Promise<AwsCredentials> = defaultProvider();
  try {
    const { accessKeyId } = await credentials();
    return {
      backend: bedrockUpstream({
        credentials,
        ...endpoint('runtimeEndpoint', environment.AWS_ENDPOINT_URL_BEDROCK_RUNTIME),
        ...endpoint('controlEndpoint', environment.AWS_ENDPOINT_URL_BEDROCK),
      }),
      description: `model: Amazon Bedrock with your AWS credentials (access key ${accessKeyId}), because it was asked for; calls cost money`,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return scripted(
      `Amazon Bedrock was asked for but no AWS credentials were found (${reason}); sign in and start again`,
    );
  }
}

function scripted(reason: string): ChosenModel {
  const { handle } = createScriptedBedrock(echoScript);
  return {
    backend: (req, res, body) => handle(req, res, body),
    description: `model: scripted, not Claude, because ${reason}`,
  };
}

function endpoint<Name extends string>(name: Name, url: string | undefined): Partial<Record<Name, string>> {
  return url === undefined ? {} : ({ [name]: url } as Record<Name, string>);
}
