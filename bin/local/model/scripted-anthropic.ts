import { randomUUID } from 'node:crypto';
import { InvalidModelRequest, parseModelRequest } from './model-request';
import type { ModelScript } from './model-script';
import { createScriptedModel, type ModelFault, type ModelProtocol, type ScriptedModel } from './scripted-model';

/** Scripts name faults as Bedrock does; these are the same ones at Anthropic. Others are sent under their own name. */
const ERROR_TYPES: Readonly<Record<string, string>> = {
  AccessDeniedException: 'permission_error',
  InternalServerException: 'api_error',
  ModelStreamErrorException: 'api_error',
  ResourceNotFoundException: 'not_found_error',
  ServiceUnavailableException: 'overloaded_error',
  ThrottlingException: 'rate_limit_error',
  UnauthorizedException: 'authentication_error',
  ValidationException: 'invalid_request_error',
};

/** The wire protocol of the Anthropic Messages API: `POST /v1/messages`, as JSON or as server-sent events. */
const ANTHROPIC_MESSAGES: ModelProtocol = {
  readCall(req, body) {
    if (req.method !== 'POST' || (req.url ?? '/').split('?')[0] !== '/v1/messages') {
      return undefined;
    }
    const request = parseModelRequest('', false, body);
    const { model, stream } = request.body;
    if (typeof model !== 'string' || model === '') {
      throw new InvalidModelRequest('model: a model name is required');
    }
    return { ...request, modelId: model, streaming: stream === true };
  },
  headers: (streaming) => ({
    'content-type': streaming ? 'text/event-stream; charset=utf-8' : 'application/json',
    'request-id': requestId(),
  }),
  event: (event) => serverSentEvent(event.type, event),
  streamFault: (fault) => serverSentEvent('error', errorBody(fault)),
  sendFault(res, fault) {
    res.writeHead(fault.status, {
      'content-type': 'application/json',
      'request-id': requestId(),
      ...(fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) }),
    });
    res.end(JSON.stringify(errorBody(fault)));
  },
};

/** Speaks the Anthropic Messages API and answers model calls with what `script` says. */
export function createScriptedAnthropic(script: ModelScript): ScriptedModel {
  return createScriptedModel(script, ANTHROPIC_MESSAGES);
}

function serverSentEvent(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function errorBody({ type, message }: Omit<ModelFault, 'status'>): object {
  return { type: 'error', error: { type: ERROR_TYPES[type] ?? type, message } };
}

function requestId(): string {
  return `req_${randomUUID().replaceAll('-', '')}`;
}
