import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';
import { randomUUID } from 'node:crypto';
import { invocationMetrics } from './message-events';
import { parseModelRequest } from './model-request';
import type { ModelScript } from './model-script';
import { createScriptedModel, type ModelProtocol, type ScriptedModel } from './scripted-model';

export type { ModelRequest, ModelRequestBody, ModelScript, ScriptedMessage, ScriptedReply } from './model-script';
export { MAX_KEPT_REQUESTS } from './scripted-model';
export type { ScriptedModel as ScriptedBedrock } from './scripted-model';

const codec = new EventStreamCodec(toUtf8, fromUtf8);

/** The wire protocol of Amazon Bedrock Runtime. */
const BEDROCK_RUNTIME: ModelProtocol = {
  readCall(req, body) {
    const path = (req.url ?? '/').split('?')[0] ?? '/';
    const match = /^\/model\/([^/]+)\/(invoke|invoke-with-response-stream)$/.exec(path);
    if (req.method !== 'POST' || !match?.[1]) {
      return undefined;
    }
    const modelId = decoded(match[1]);
    return modelId === undefined
      ? undefined
      : parseModelRequest(modelId, match[2] === 'invoke-with-response-stream', body);
  },
  headers: (streaming) => ({
    'content-type': streaming ? 'application/vnd.amazon.eventstream' : 'application/json',
    ...(streaming ? { 'x-amzn-bedrock-content-type': 'application/json' } : {}),
    'x-amzn-requestid': randomUUID(),
  }),
  event(event, request, reply) {
    const metrics =
      event.type === 'message_stop' && reply.kind === 'message' ? invocationMetrics(request, reply) : undefined;
    const whole = metrics === undefined ? event : { ...event, 'amazon-bedrock-invocationMetrics': metrics };
    const bytes = Buffer.from(JSON.stringify(whole)).toString('base64');
    return frame('event', 'chunk', { bytes, p: 'abcdefgh' });
  },
  streamFault: ({ type, message }) => frame('exception', type, { message }),
  sendFault(res, { status, type, message, retryAfterSeconds }) {
    res.writeHead(status, {
      'content-type': 'application/json',
      'x-amzn-errortype': type,
      'x-amzn-requestid': randomUUID(),
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    });
    res.end(JSON.stringify({ message }));
  },
};

/** Speaks the wire protocol of Amazon Bedrock Runtime and answers model calls with what `script` says. */
export function createScriptedBedrock(script: ModelScript): ScriptedModel {
  return createScriptedModel(script, BEDROCK_RUNTIME);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function frame(messageType: 'event' | 'exception', name: string, body: object): Uint8Array {
  return codec.encode({
    headers: {
      ':message-type': { type: 'string', value: messageType },
      [`:${messageType}-type`]: { type: 'string', value: name },
      ':content-type': { type: 'string', value: 'application/json' },
    },
    body: fromUtf8(JSON.stringify(body)),
  });
}
