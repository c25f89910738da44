import type { AgentConfig, ModelProvider } from './config.ts';
import type { SecretReader } from './secret-reader.ts';
import { headerValue, SecretUnavailable, type SessionSecrets } from './secret-values.ts';

export { SecretUnavailable, type SessionSecrets } from './secret-values.ts';

/**
 * Reads every secret of the deployment.
 *
 * @throws SecretUnavailable for the first that cannot be read
 */
export async function readSecrets({ provider, secrets }: AgentConfig): Promise<SessionSecrets> {
  const named = Object.entries(secrets);
  if (provider.type === 'bedrock' && named.length === 0) {
    return { values: {} };
  }
  // Loaded here, so that only an agent with secrets waits for the client of AWS.
  const { SecretReader } = await import('./secret-reader.ts');
  const reader = new SecretReader();
  try {
    const reading = named.map(async ([name, arn]): Promise<[string, string]> => [
      name,
      await reader.read(`AGENT_SECRET_${name}`, arn),
    ]);
    const [modelKey, values] = await Promise.all([readModelKey(provider, reader), Promise.all(reading)]);
    return { ...(modelKey !== undefined && { modelKey }), values: Object.fromEntries(values) };
  } finally {
    reader.close();
  }
}

/**
 * The secrets of a session: read when they are first needed, and not at the start, because one that cannot be read must
 * not keep the container from answering.
 */
export class SecretStore {
  readonly #read: () => Promise<SessionSecrets>;
  #secrets: Promise<SessionSecrets> | undefined;

  constructor(read: () => Promise<SessionSecrets>) {
    this.#read = read;
  }

  /**
   * The values; kept once they were read. What failed is tried again by the next call.
   *
   * @throws SecretUnavailable
   */
  async get(): Promise<SessionSecrets> {
    const secrets = (this.#secrets ??= this.#read());
    try {
      return await secrets;
    } catch (error) {
      if (this.#secrets === secrets) this.#secrets = undefined;
      throw error;
    }
  }

  /** Has the values read again by the next call: they may have been rotated. */
  forget(): void {
    this.#secrets = undefined;
  }
}

async function readModelKey(provider: ModelProvider, reader: SecretReader): Promise<string | undefined> {
  if (provider.type === 'bedrock') {
    return undefined;
  }
  const secret = 'AGENT_MODEL_PROVIDER';
  const { secretArn, secretField } = provider;
  const text = await reader.read(secret, secretArn);
  return headerValue(secret, secretField === undefined ? text : fieldOf(secret, text, secretField));
}

function fieldOf(secret: string, text: string, field: string): string {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new SecretUnavailable(secret, `it is not JSON, and its field ${JSON.stringify(field)} is asked for`);
  }
  const fields = new Map(typeof content === 'object' && content !== null ? Object.entries(content) : []);
  const value: unknown = fields.get(field);
  if (typeof value !== 'string' || value === '') {
    throw new SecretUnavailable(secret, `its JSON has no text under ${JSON.stringify(field)}; correct one of the two`);
  }
  return value;
}
