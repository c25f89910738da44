import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessRequest } from '../../../lib/testing';
import type { Audit } from '../audit';
import type { Principal } from '../credentials';
import { modelCallAccess, profileArn, type CallSite } from '../model-access';
import { decodePercent, RequestFault } from '../http-messages';

/** Answers a model call that has been authorized. */
export type ModelBackend = (req: IncomingMessage, res: ServerResponse, body: Buffer, region: string) => Promise<void>;

const MODEL_ROUTE = /^\/model\/([^/]+)\/([a-z-]+)$/;

/** Converse is authorized by the same two actions as Invoke. */
const MODEL_ACTIONS: Readonly<Record<string, string>> = {
  invoke: 'bedrock:InvokeModel',
  converse: 'bedrock:InvokeModel',
  'invoke-with-response-stream': 'bedrock:InvokeModelWithResponseStream',
  'converse-stream': 'bedrock:InvokeModelWithResponseStream',
  'count-tokens': 'bedrock:CountTokens',
};

/**
 * Amazon Bedrock for signed callers: model calls, and the inference profiles that clients look up. Each is authorized by
 * the caller's policies before `backend` sees it.
 *
 * @throws RequestFault 403 when the caller's role does not allow it, 404 for another operation
 */
export async function serveBedrock(
  backend: ModelBackend,
  audit: Audit,
  principal: Principal,
  site: CallSite,
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
): Promise<void> {
  audit.require(principal, accessRequests(req, principal, site));
  await backend(req, res, body, site.region);
}

/** As the condition key spells it: the ARN, and the version unless it is the draft. */
function guardrailOf({ headers }: IncomingMessage, site: CallSite): string | undefined {
  const id = headers['x-amzn-bedrock-guardrailidentifier'];
  if (typeof id !== 'string') return undefined;
  const version = headers['x-amzn-bedrock-guardrailversion'];
  const arn = id.startsWith('arn:')
    ? id
    : `arn:${site.partition}:bedrock:${site.region}:${site.account}:guardrail/${id}`;
  return typeof version === 'string' && version !== 'DRAFT' ? `${arn}:${version}` : arn;
}

function accessRequests(req: IncomingMessage, { policies }: Principal, site: CallSite): AccessRequest[] {
  const path = (req.url ?? '/').split('?')[0] ?? '/';
  const [, modelId, operation = ''] = MODEL_ROUTE.exec(path) ?? [];
  const action = MODEL_ACTIONS[operation];
  if (req.method === 'POST' && modelId !== undefined && action !== undefined) {
    return modelCallAccess(action, decodePercent(modelId), site, policies, guardrailOf(req, site));
  }
  if (req.method === 'GET' && path === '/inference-profiles') {
    return [{ action: 'bedrock:ListInferenceProfiles', resource: '*' }];
  }
  const [, profile] = /^\/inference-profiles\/([^/]+)$/.exec(path) ?? [];
  if (req.method === 'GET' && profile !== undefined) {
    return [{ action: 'bedrock:GetInferenceProfile', resource: profileArn(decodePercent(profile), site) }];
  }
  throw new RequestFault(
    404,
    'UnknownOperationException',
    `${req.method ?? ''} ${path} of Amazon Bedrock is not run locally; model calls and inference profiles are`,
  );
}
