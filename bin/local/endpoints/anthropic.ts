import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ProviderKey } from '../model-provider';
import type { ScriptedModel } from '../model/scripted-model';
import { sendJson } from '../http-messages';

/** The address of the Anthropic API that clients call, below any base address. */
export const ANTHROPIC_PATH = /^\/v1\/messages(\/|\?|$)/;

/**
 * The scripted model under the protocol of the Anthropic API, for agents whose provider is not called. Like the provider
 * it wants the key of the secret, in the header that belongs to it.
 */
export async function serveAnthropic(
  model: ScriptedModel,
  keys: readonly ProviderKey[],
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
): Promise<void> {
  const isAllowed = keys.some(({ header, key }) => {
    const sent = req.headers[header];
    return header === 'authorization' ? sent === `Bearer ${key}` : sent === key;
  });
  if (!isAllowed) {
    const message =
      'the key is missing, or is not the one in the secret that AGENT_MODEL_PROVIDER of the runtime names, or not in its header';
    sendJson(res, 401, { type: 'error', error: { type: 'authentication_error', message } });
    return;
  }
  await model.handle(req, res, body);
}
