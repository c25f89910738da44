import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Principal } from '../credentials';
import { RequestFault } from '../http-messages';
import type { WireRequest } from '../sigv4';
import { assumeRole, type AssumeRoleServices } from '../sts/assume-role';
import { readAssumeRoleInput } from '../sts/assume-role-input';
import { element, sendXml, textElement } from '../xml';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** What STS calls what the rest of the run calls otherwise. */
const CODES: Readonly<Record<string, string>> = {
  AccessDeniedException: 'AccessDenied',
  ExpiredTokenException: 'ExpiredToken',
  InternalServerException: 'InternalFailure',
  UnrecognizedClientException: 'InvalidClientTokenId',
};

/**
 * AWS Security Token Service for signed callers: AssumeRole and GetCallerIdentity.
 *
 * @throws RequestFault with the codes of the service
 */
export function serveSts(
  services: AssumeRoleServices,
  caller: Principal,
  request: WireRequest,
  res: ServerResponse,
  requestId: string,
): void {
  const form = new URLSearchParams(request.method === 'POST' ? request.body.toString() : request.url.split('?')[1]);
  const action = form.get('Action') ?? '';
  switch (action) {
    case 'AssumeRole':
      sendResult(res, action, assumedRole(services, caller, form), requestId);
      return;
    case 'GetCallerIdentity':
      sendResult(
        res,
        action,
        [textElement('Arn', caller.arn), textElement('UserId', userId(caller)), textElement('Account', caller.account)],
        requestId,
      );
      return;
    default:
      throw new RequestFault(
        400,
        'InvalidAction',
        `the action "${action}" of AWS STS is not run locally; AssumeRole and GetCallerIdentity are`,
      );
  }
}

/** The form in which STS reports an error. */
export function sendStsFault(res: ServerResponse, fault: RequestFault, requestId: string): void {
  const error = element('Error', [
    textElement('Type', fault.status < 500 ? 'Sender' : 'Receiver'),
    textElement('Code', CODES[fault.code] ?? fault.code),
    textElement('Message', fault.message),
  ]);
  sendXml(res, fault.status, element('ErrorResponse', [error, textElement('RequestId', requestId)], NAMESPACE), {
    'x-amzn-requestid': requestId,
  });
}

function assumedRole(services: AssumeRoleServices, caller: Principal, form: URLSearchParams): string[] {
  const { principal, credentials, expiresAt } = assumeRole(services, caller, readAssumeRoleInput(form));
  return [
    element('AssumedRoleUser', [textElement('AssumedRoleId', userId(principal)), textElement('Arn', principal.arn)]),
    element('Credentials', [
      textElement('AccessKeyId', credentials.accessKeyId),
      textElement('SecretAccessKey', credentials.secretAccessKey),
      textElement('SessionToken', credentials.sessionToken),
      textElement('Expiration', new Date(expiresAt).toISOString()),
    ]),
  ];
}

function sendResult(res: ServerResponse, action: string, result: readonly string[], requestId: string): void {
  const metadata = element('ResponseMetadata', [textElement('RequestId', requestId)]);
  sendXml(res, 200, element(`${action}Response`, [element(`${action}Result`, result), metadata], NAMESPACE), {
    'x-amzn-requestid': requestId,
  });
}

/** Of the form that AWS gives out: a stable id and, for a session, its name. */
function userId({ arn, role }: Principal): string {
  const id = createHash('sha256')
    .update(role?.arn ?? arn)
    .digest('hex')
    .slice(0, 17)
    .toUpperCase();
  return role === undefined ? `AIDA${id}` : `AROA${id}:${arn.slice(arn.lastIndexOf('/') + 1)}`;
}
