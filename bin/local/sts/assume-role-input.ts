import type { PolicyDocumentJson } from '../../../lib/testing';
import { policyDocument } from '../../../lib/testing/policy';
import { RequestFault } from '../http-messages';

/** Sources: AssumeRole, and "Session tags": 50 tags, keys of 128 and values of 256 characters, policies of 2,048. */
const MAX_TAGS = 50;
const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const MAX_POLICY_CHARACTERS = 2_048;
const MIN_SECONDS = 900;
const MAX_SECONDS = 43_200;

/** What a caller asks for with AssumeRole. */
export interface AssumeRoleInput {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly seconds?: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTags: readonly string[];
  readonly sessionPolicy?: PolicyDocumentJson;
  readonly externalId?: string;
}

const NOT_RUN = /^(PolicyArns\.|ProvidedContexts\.|SourceIdentity$|SerialNumber$|TokenCode$)/;

/** @throws RequestFault 400 naming the parameter, its value and what is allowed */
export function readAssumeRoleInput(form: URLSearchParams): AssumeRoleInput {
  const refused = [...form.keys()].find((name) => NOT_RUN.test(name));
  if (refused !== undefined) throw invalid(`the parameter ${refused} of AssumeRole is not run locally; leave it out`);
  const roleArn = form.get('RoleArn') ?? '';
  if (!/^arn:[^:]+:iam::\d{12}:role\/.+$/.test(roleArn)) throw invalid(`RoleArn "${roleArn}" is not the ARN of a role`);
  const sessionName = form.get('RoleSessionName') ?? '';
  if (!SESSION_NAME.test(sessionName)) {
    throw invalid(`RoleSessionName "${sessionName}" is not 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -`);
  }
  const seconds = readSeconds(form.get('DurationSeconds'));
  const policy = form.get('Policy');
  const externalId = form.get('ExternalId');
  const tags = readTags(form);
  const transitiveTags = readList(form, 'TransitiveTagKeys');
  const stray = transitiveTags.find((key) => !sameKey(Object.keys(tags), key));
  if (stray !== undefined) throw invalid(`the transitive tag key "${stray}" is not the key of a tag of the request`);
  return {
    roleArn,
    sessionName,
    tags,
    transitiveTags,
    ...(seconds === undefined ? {} : { seconds }),
    ...(policy === null ? {} : { sessionPolicy: readPolicy(policy) }),
    ...(externalId === null ? {} : { externalId }),
  };
}

/** Keys of tags are compared without regard to case. */
export function sameKey(keys: readonly string[], key: string): string | undefined {
  return keys.find((one) => one.toLowerCase() === key.toLowerCase());
}

export function invalid(message: string): RequestFault {
  return new RequestFault(400, 'ValidationError', message);
}

function readSeconds(text: string | null): number | undefined {
  if (text === null) return undefined;
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds < MIN_SECONDS || seconds > MAX_SECONDS) {
    throw invalid(`DurationSeconds "${text}" is not a number from ${String(MIN_SECONDS)} to ${String(MAX_SECONDS)}`);
  }
  return seconds;
}

function readTags(form: URLSearchParams): Record<string, string> {
  const tags: Record<string, string> = {};
  const members = [...form.keys()].flatMap((name) => /^(Tags\.member\.\d+)\.Key$/.exec(name)?.[1] ?? []);
  if (members.length > MAX_TAGS) {
    throw invalid(`the request has ${String(members.length)} tags; at most ${String(MAX_TAGS)} are allowed`);
  }
  for (const member of members) {
    const key = form.get(`${member}.Key`) ?? '';
    const value = form.get(`${member}.Value`) ?? '';
    if (!TAG_KEY.test(key) || /^aws:/i.test(key)) {
      throw invalid(
        `the tag key "${key}" is not 1 to 128 letters, digits, spaces or _ . : / = + - @, or begins with aws:`,
      );
    }
    if (!TAG_VALUE.test(value)) {
      throw invalid(
        `the value "${value}" of the tag ${key} is not at most 256 letters, digits, spaces or _ . : / = + - @`,
      );
    }
    if (sameKey(Object.keys(tags), key) !== undefined) throw invalid(`the tag key "${key}" is given twice`);
    tags[key] = value;
  }
  return tags;
}

function readList(form: URLSearchParams, name: string): string[] {
  const member = new RegExp(`^${name}\\.member\\.\\d+$`);
  return [...form.entries()].filter(([key]) => member.test(key)).map(([, value]) => value);
}

function readPolicy(text: string): PolicyDocumentJson {
  if (text.length > MAX_POLICY_CHARACTERS) {
    throw new RequestFault(
      400,
      'PackedPolicyTooLarge',
      `the session policy has ${String(text.length)} characters; at most ${String(MAX_POLICY_CHARACTERS)} are allowed`,
    );
  }
  try {
    return policyDocument(JSON.parse(text), 'the session policy');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RequestFault(400, 'MalformedPolicyDocument', `the session policy cannot be used: ${reason}`);
  }
}
