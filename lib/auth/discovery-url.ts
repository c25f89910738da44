import { CfnResource, Reference, Tokenization } from 'aws-cdk-lib';

const PREFIX = 'https://';
const SUFFIX = '/.well-known/openid-configuration';

/** Stands for what only the deployment knows; no address has it. */
const UNKNOWN = '\0';

/** What speaks against the address of a discovery document, as far as it is known. */
export function discoveryUrlFindings(discoveryUrl: string): string[] {
  const text = knownText(discoveryUrl);
  const pieces = text.split(UNKNOWN);
  const begins = agree(pieces[0] ?? '', PREFIX, (long, short) => long.startsWith(short));
  const ends =
    // The address of the provider of a pool is known well enough: the document is below it.
    text === UNKNOWN && isOfCognito(discoveryUrl)
      ? false
      : agree(pieces.at(-1) ?? '', SUFFIX, (long, short) => long.endsWith(short));
  const literal = pieces.length === 1;
  if (begins && ends && (!literal || /^https:\/\/[^/]+(\/.*)?\/\.well-known\/openid-configuration$/.test(text)))
    return [];
  return [
    `discoveryUrl "${text.replaceAll(UNKNOWN, '…')}" is not a discovery document: it must be an https address that ends in ${SUFFIX}`,
  ];
}

/** Whether an address is that of an Amazon Cognito user pool, one of the app included. */
export function isOfCognito(discoveryUrl: string): boolean {
  return (
    /^https:\/\/cognito-idp\./.test(discoveryUrl) ||
    Tokenization.reverseString(discoveryUrl).tokens.some(
      (token) =>
        Reference.isReference(token) &&
        CfnResource.isCfnResource(token.target) &&
        token.target.cfnResourceType === 'AWS::Cognito::UserPool',
    )
  );
}

/** Whether a piece that is known can be the beginning or end that is expected; what is not known may make up the rest. */
function agree(piece: string, expected: string, has: (long: string, short: string) => boolean): boolean {
  return has(piece, expected) || has(expected, piece);
}

function knownText(value: string): string {
  const { tokens } = Tokenization.reverseString(value);
  return tokens.reduce<string>((text, token) => text.replace(String(token), UNKNOWN), value);
}
