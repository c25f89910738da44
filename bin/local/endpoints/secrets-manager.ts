import type { ServerResponse } from 'node:http';
import type { Audit } from '../audit';
import type { Principal } from '../credentials';
import { RequestFault, sendJson } from '../http-messages';
import type { SecretStore } from '../secrets/secret-store';
import type { WireRequest } from '../sigv4';
import { stableUuid } from '../stable-uuid';

const PREFIX = 'secretsmanager.';
const CURRENT = 'AWSCURRENT';

/** The protocol of the service: the operation in a header, JSON both ways. */
const CONTENT_TYPE = 'application/x-amz-json-1.1';

/** A value never changes during a run, so that every secret is as old as the run. */
const CREATED_SECONDS = Date.now() / 1000;

/**
 * AWS Secrets Manager for signed callers: GetSecretValue.
 *
 * @throws RequestFault with the codes of the service
 */
export function serveSecretsManager(
  secrets: SecretStore,
  audit: Audit,
  principal: Principal,
  region: string,
  request: WireRequest,
  res: ServerResponse,
  requestId: string,
): void {
  const target = String(request.headers['x-amz-target'] ?? '');
  if (request.method !== 'POST' || target !== `${PREFIX}GetSecretValue`) {
    const operation = target.startsWith(PREFIX) ? target.slice(PREFIX.length) : `${request.method} ${request.url}`;
    throw new RequestFault(
      400,
      'UnknownOperationException',
      `${operation} of AWS Secrets Manager is not run locally; GetSecretValue is`,
    );
  }
  const { id, stage, version } = readInput(request.body);
  const site = { partition: principal.partition, account: principal.account, region };
  const { arn, name, value } = secrets.find(id, site);
  const context = { 'secretsmanager:SecretId': arn, 'secretsmanager:VersionStage': stage ?? CURRENT };
  audit.require(principal, [{ action: 'secretsmanager:GetSecretValue', resource: arn, context }]);

  if (value === undefined) {
    throw new RequestFault(
      400,
      'ResourceNotFoundException',
      `the secret ${name} has no value in this local run; the output of its start says where to add it`,
    );
  }
  const versionId = stableUuid(`version of ${arn}`);
  if ((stage ?? CURRENT) !== CURRENT || (version ?? versionId) !== versionId) {
    throw new RequestFault(
      400,
      'ResourceNotFoundException',
      `the secret ${name} has one version here, ${versionId} with the stage ${CURRENT}; another one was asked for`,
    );
  }
  sendJson(
    res,
    200,
    {
      ARN: arn,
      Name: name,
      VersionId: versionId,
      SecretString: value,
      VersionStages: [CURRENT],
      CreatedDate: CREATED_SECONDS,
    },
    { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId },
  );
}

/** The form in which the service reports an error: the type in the body, where its clients look for it. */
export function sendSecretsManagerFault(res: ServerResponse, fault: RequestFault, requestId: string): void {
  sendJson(
    res,
    fault.status,
    { __type: fault.code, Message: fault.message },
    { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId },
  );
}

function readInput(body: Buffer): { id: string; stage?: string; version?: string } {
  let input: unknown;
  try {
    input = JSON.parse(body.toString());
  } catch {
    throw new RequestFault(400, 'SerializationException', 'the body of GetSecretValue is not JSON');
  }
  const { SecretId: id, VersionStage: stage, VersionId: version } = (input ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || id === '') {
    throw new RequestFault(400, 'InvalidParameterException', 'SecretId is missing; give the ARN or name of a secret');
  }
  return {
    id,
    ...(typeof stage === 'string' ? { stage } : {}),
    ...(typeof version === 'string' ? { version } : {}),
  };
}
