import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SecretUnavailable } from './secret-values.ts';
import { quickService } from './quick-service.ts';

/** All attempts, and the search for credentials, which knows no bound of its own when their endpoint is silent. */
const DEADLINE_MS = 20_000;

const REMEDIES: Readonly<Record<string, string>> = {
  AccessDeniedException:
    "let the agent's role call secretsmanager:GetSecretValue on it, and kms:Decrypt on its key when it has one",
  ResourceNotFoundException: 'there is no such secret in its Region, or it has no value yet; give it one',
  InvalidRequestException: 'it is about to be deleted; restore it, or deploy the agent with another one',
  DecryptionFailure: 'its KMS key is disabled, deleted or not allowed; enable it, or give the secret another key',
};

/** Reads secrets of AWS Secrets Manager, each in the Region of its ARN, with the credentials of this process. */
export class SecretReader {
  readonly #clients = new Map<string, SecretsManagerClient>();
  readonly #deadlineMs: number;

  /** `deadlineMs`: how long one secret may take, in milliseconds; 20 seconds by default. */
  constructor(deadlineMs = DEADLINE_MS) {
    this.#deadlineMs = deadlineMs;
  }

  /**
   * The text of a secret.
   *
   * @param secret the variable that names it
   * @throws SecretUnavailable
   */
  async read(secret: string, arn: string): Promise<string> {
    let text: string | undefined;
    try {
      text = await withDeadline(this.#value(arn), this.#deadlineMs);
    } catch (error) {
      // The name only: the message of an error may repeat what was sent or received.
      const name = error instanceof Error ? error.name : 'an unknown error';
      const remedy = REMEDIES[name] ?? 'find out whether the agent reaches Secrets Manager and has credentials for it';
      throw new SecretUnavailable(`${secret} (${arn})`, `${name}; ${remedy}`);
    }
    if (text === undefined || text === '') {
      throw new SecretUnavailable(`${secret} (${arn})`, 'it is binary or empty; store it as text');
    }
    return text;
  }

  /** Ends what is still being read. */
  close(): void {
    for (const client of this.#clients.values()) client.destroy();
  }

  async #value(arn: string): Promise<string | undefined> {
    return (await this.#client(arn).send(new GetSecretValueCommand({ SecretId: arn }))).SecretString;
  }

  #client(arn: string): SecretsManagerClient {
    const region = arn.split(':')[3] ?? '';
    const known = this.#clients.get(region);
    if (known) {
      return known;
    }
    const client = new SecretsManagerClient({
      region,
      ...quickService(),
    });
    this.#clients.set(region, client);
    return client;
  }
}

async function withDeadline<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    const late = Object.assign(new Error(), { name: 'TimeoutError' });
    timer = setTimeout(() => reject(late), milliseconds);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
