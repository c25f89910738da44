import { createHmac } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** ARN of the secret that pickup codes are made with. */
export const PICKUP_KEY_VARIABLE = 'PICKUP_KEY_SECRET';

/** Enough that nobody guesses one at the counter. */
const CODE_CHARACTERS = 8;

/** Makes the codes by which a shop knows who may take an order. */
export class PickupCodes {
  readonly #client = new SecretsManagerClient();
  /** Read once for each start of the function: a new key is for functions that start after it. */
  #key: Promise<string> | undefined;

  /** The same for the same order, and for no other. */
  async of(orderId: string): Promise<string> {
    this.#key ??= this.#read().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    const code = createHmac('sha256', await this.#key)
      .update(orderId)
      .digest('hex');
    return code.slice(0, CODE_CHARACTERS).toUpperCase();
  }

  async #read(): Promise<string> {
    const { SecretString } = await this.#client.send(new GetSecretValueCommand({ SecretId: secretArn() }));
    if (!SecretString) throw new Error('the key of pickup codes is empty: give the secret a value');
    return SecretString;
  }
}

function secretArn(): string {
  const arn = process.env[PICKUP_KEY_VARIABLE];
  if (!arn) throw new Error(`${PICKUP_KEY_VARIABLE} is not set: give the ARN of the secret of pickup codes`);
  return arn;
}
