import type { IncomingMessage, ServerResponse } from 'node:http';
import { serveAgentIdentity } from './endpoints/agent-identity';
import { serveAgentCore } from './endpoints/agentcore';
import { serveBedrock } from './endpoints/bedrock-runtime';
import { isCodeInterpreterPath, serveCodeInterpreter } from './endpoints/code-interpreter';
import { serveDynamoDb } from './endpoints/dynamodb';
import { serveGateway } from './endpoints/gateway-mcp';
import { serveLambda } from './endpoints/lambda';
import { serveSecretsManager } from './endpoints/secrets-manager';
import { serveSts } from './endpoints/sts';
import { serveXRay } from './endpoints/xray';
import { GATEWAY_PATH, IDENTITY_PATH } from './front-paths';
import type { FrontServices } from './front-services';
import { RequestFault } from './http-messages';
import type { SignatureClaim, WireRequest } from './sigv4';

/**
 * Answers a signed request, once its signature is verified, by the AWS service that the signature names. Amazon S3, whose
 * bodies are not held in memory, is not among them.
 *
 * @throws RequestFault with the codes of the service
 */
export async function answerSigned(
  services: FrontServices,
  claim: SignatureClaim,
  req: IncomingMessage,
  res: ServerResponse,
  request: WireRequest,
  requestId: string,
): Promise<void> {
  const { service, region } = claim;
  const { credentials, audit } = services;
  const authenticate = () => credentials.authenticate(request, claim);
  switch (service) {
    case 'bedrock': {
      const principal = await authenticate();
      return serveBedrock(services.model, audit, principal, { ...principal, region }, req, res, request.body);
    }
    case 'bedrock-agentcore': {
      const principal = await authenticate();
      if (isCodeInterpreterPath(request.url)) {
        return serveCodeInterpreter(services, principal, region, request, res, requestId);
      }
      const caller = { kind: 'signed', principal } as const;
      if (IDENTITY_PATH.test(request.url)) {
        return serveAgentIdentity(services, principal, region, request, res, requestId);
      }
      if (GATEWAY_PATH.test(request.url)) return serveGateway(services, caller, req, res, request.body, requestId);
      return serveAgentCore(services, caller, request, res, requestId);
    }
    case 'dynamodb':
      return serveDynamoDb(services.tables, audit, await authenticate(), region, request, res, requestId);
    case 'lambda':
      return serveLambda(services.functions, audit, await authenticate(), region, request, res, requestId);
    case 'secretsmanager':
      return serveSecretsManager(services.secrets, audit, await authenticate(), region, request, res, requestId);
    case 'sts':
      return serveSts(services, await authenticate(), request, res, requestId);
    case 'xray':
      return serveXRay(services.spans, audit, await authenticate(), request, res);
    default:
      throw new RequestFault(
        501,
        'NotImplemented',
        `the AWS service "${service}" is not run locally; bedrock, bedrock-agentcore, dynamodb, lambda, s3, secretsmanager, sts and xray are`,
      );
  }
}
