import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { ModelBackend } from './endpoints/bedrock-runtime';
import { bedrockUpstream } from './model-upstream';
import { echoScript } from './model/echo-script';
import { createScriptedBedrock } from './model/scripted-bedrock';
import type { AwsCredentials } from './sigv4';

export const MODEL_CHOICES = ['scripted', 'bedrock'] as const;
export type ModelChoice = (typeof MODEL_CHOICES)[number];

export interface ChosenModel {
  readonly backend: ModelBackend;
  /** Which model answers, and why, for the person who started the run. */
  readonly description: string;
}

/**
 * The model behind the local run: Amazon Bedrock with the person's own AWS credentials when it is asked for, otherwise a
 * scripted one.
 *
 * @param environment of the runner; `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` and `AWS_ENDPOINT_URL_BEDROCK` move the endpoints
 * @throws Error when Bedrock is asked for and there are no credentials
 */
export async function chooseModel(choice: ModelChoice, environment: NodeJS.ProcessEnv): Promise<ChosenModel> {
  if (choice === 'scripted') {
    const scripted = createScriptedBedrock(echoScript);
    return {
      backend: (req, res, body) => scripted.handle(req, res, body),
      description: 'model: scripted, not Claude, because Amazon Bedrock was not asked for (--model bedrock does)',
    };
  }
  const provider = defaultProvider();
  const credentials = async (): Promise<AwsCredentials> => {
    try {
      return await provider();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`no AWS credentials were found for the model "bedrock" (${reason}); sign in, then start again`, {
        cause: error,
      });
    }
  };
  const { accessKeyId } = await credentials();
  return {
    backend: bedrockUpstream({
      credentials,
      ...endpoint('runtimeEndpoint', environment.AWS_ENDPOINT_URL_BEDROCK_RUNTIME),
      ...endpoint('controlEndpoint', environment.AWS_ENDPOINT_URL_BEDROCK),
    }),
    description: `model: Amazon Bedrock with your AWS credentials (access key ${accessKeyId}), because it was asked for; calls cost money`,
  };
}

function endpoint<Name extends string>(name: Name, url: string | undefined): Partial<Record<Name, string>> {
  return url === undefined ? {} : ({ [name]: url } as Record<Name, string>);
}
