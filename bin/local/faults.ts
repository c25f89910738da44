import type { IncomingMessage, ServerResponse } from 'node:http';
import { isCognitoIdentity, sendCognitoIdentityFault } from './endpoints/cognito-identity';
import { sendDynamoDbFault } from './endpoints/dynamodb';
import { sendSecretsManagerFault } from './endpoints/secrets-manager';
import { sendStsFault } from './endpoints/sts';
import { AGENTCORE_PATH, BEDROCK_PATH, GATEWAY_PATH } from './front-paths';
import { RequestFault, sendAwsFault, sendPlainFault } from './http-messages';
import { sendS3Fault } from './s3/serve-s3';

/** Paths whose unsigned callers are told of faults as AWS tells them. */
const AWS_PATHS = [AGENTCORE_PATH, BEDROCK_PATH, GATEWAY_PATH];

/** Answers a request that failed in the form of the service that it is for; what is no refusal is logged. */
export function sendFault(
  req: IncomingMessage,
  res: ServerResponse,
  error: unknown,
  requestId: string,
  log: ((line: string) => void) | undefined,
): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  const url = req.url ?? '/';
  if (!(error instanceof RequestFault)) {
    // The query may carry a signature or a code; it is nobody's to read in a log.
    const where = `${req.method ?? ''} ${url.split('?')[0] ?? '/'}`;
    log?.(`${where} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  const fault =
    error instanceof RequestFault
      ? error
      : new RequestFault(500, 'InternalServerException', 'the local run failed on this request; its output says why');
  const { authorization } = req.headers;
  const isSigned = authorization?.startsWith('AWS4-') === true;
  const scope = /(?:\/|%2F)([a-z0-9-]+)(?:\/|%2F)aws4_request/i.exec(`${authorization ?? ''} ${url}`)?.[1];
  if (scope === 's3') sendS3Fault(req, res, fault);
  else if (scope === 'sts') sendStsFault(res, fault, requestId);
  else if (scope === 'secretsmanager') sendSecretsManagerFault(res, fault, requestId);
  else if (scope === 'dynamodb') sendDynamoDbFault(res, fault, requestId);
  else if (isCognitoIdentity(req)) sendCognitoIdentityFault(res, fault, requestId);
  else if (isSigned || AWS_PATHS.some((path) => path.test(url))) sendAwsFault(res, fault, requestId);
  else sendPlainFault(res, fault);
}
