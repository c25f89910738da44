import { cloudFormation, eachResource, guide, type Rule } from './rule';
import { at, intrinsic, isRecord, isUnknown, knownPart, literal, number, printed, text } from './template-value';

/** Days that the quotas of AgentCore name for raw events; the CloudFormation type begins at 3. */
const EVENT_DAYS = { min: 7, max: 365 };

/** Properties of credential providers that are a secret themselves, rather than the name or the ARN of one. */
const SECRET_PROPERTIES = new Set([
  ...['ClientSecret', 'ApiKey', 'ApiKeySecret', 'WalletSecret', 'AppSecret', 'AuthorizationPrivateKey'],
]);

const AGENTCORE_LOG_GROUP = /^\/aws\/(vendedlogs\/)?bedrock-agentcore\//;

export const RESOURCE_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-TL1',
    level: 'warning',
    title: 'Code interpreter with a role',
    why: 'the code that a model writes can read the credentials of the role and use all that it may do',
    remedy: 'Leave the role out; where code needs Amazon S3, give the role one prefix and acknowledge the warning.',
    documentation: guide('code-interpreter-resource-management'),
    property: 'ExecutionRoleArn',
    check: eachResource(['CodeInterpreterCustom'], ({ properties }) =>
      at(properties, 'ExecutionRoleArn') === undefined ? [] : [{ problem: 'the code interpreter has a role' }],
    ),
  },
  {
    id: 'AgentCore-TL2',
    level: 'warning',
    title: 'Browser with a role that nothing needs',
    why: 'a browser needs a role for recording, certificates and enterprise policies only; any other can merely be misused',
    remedy: 'Leave the role out, or turn on what it is for.',
    documentation: cloudFormation('aws-resource-bedrockagentcore-browsercustom'),
    property: 'ExecutionRoleArn',
    check: eachResource(['BrowserCustom'], ({ properties }) => {
      if (at(properties, 'ExecutionRoleArn') === undefined) return [];
      const recording = at(properties, 'RecordingConfig', 'Enabled');
      const users = [at(properties, 'Certificates'), at(properties, 'EnterprisePolicies')];
      return (recording === undefined || recording === false) && users.every((user) => user === undefined)
        ? [{ problem: 'the browser has a role, but neither recording, certificates nor enterprise policies' }]
        : [];
    }),
  },
  {
    id: 'AgentCore-ME1',
    level: 'warning',
    title: 'Memory that keeps events for a time that may be refused',
    why: 'the quotas of AgentCore name 7 to 365 days and the CloudFormation type 3 to 365',
    remedy: 'Keep events for 7 to 365 days.',
    documentation: guide('memory-create-a-memory-store'),
    property: 'EventExpiryDuration',
    check: eachResource(['Memory'], ({ properties }) => {
      const days = number(at(properties, 'EventExpiryDuration'));
      return days === undefined || (days >= EVENT_DAYS.min && days <= EVENT_DAYS.max)
        ? []
        : [{ problem: `EventExpiryDuration is ${days} days` }];
    }),
  },
  {
    id: 'AgentCore-ID1',
    level: 'error',
    title: 'Secret of a credential provider written in the template',
    why: 'everyone who may read the template, the assembly or the stack can read it',
    remedy:
      'Keep it in Secrets Manager: set the source to EXTERNAL with the configuration of the secret, or use a dynamic reference. Replace the secret that was exposed.',
    documentation: cloudFormation('aws-properties-bedrockagentcore-oauth2credentialprovider-secretreference'),
    check: eachResource(
      ['OAuth2CredentialProvider', 'ApiKeyCredentialProvider', 'PaymentCredentialProvider'],
      ({ properties }) =>
        writtenSecrets(properties).map((property) => ({
          detail: property,
          problem: `${property} is written in the template`,
        })),
    ),
  },
  {
    id: 'AgentCore-LG1',
    level: 'warning',
    title: 'Log group of AgentCore that keeps everything for ever',
    why: 'logs of agents hold what users wrote and cost money for as long as they are kept',
    remedy: 'Set RetentionInDays.',
    documentation: cloudFormation('aws-resource-logs-loggroup'),
    property: 'RetentionInDays',
    check: (app) =>
      app
        .resourcesOfType('AWS::Logs::LogGroup')
        .filter(({ properties }) => AGENTCORE_LOG_GROUP.test(knownPart(text(at(properties, 'LogGroupName')) ?? '')))
        .filter(({ properties }) => at(properties, 'RetentionInDays') === undefined)
        .map((resource) => ({
          resource,
          problem: `the log group ${printed(text(at(resource.properties, 'LogGroupName')) ?? '')} has no retention`,
        })),
  },
];

/** The names of the properties under `value` that hold a secret as plain text. */
function writtenSecrets(value: unknown): string[] {
  if (!isRecord(value) || isUnknown(value) || intrinsic(value) !== undefined) return [];
  return Object.entries(value).flatMap(([property, inner]) =>
    SECRET_PROPERTIES.has(property)
      ? literal(inner)?.includes('{{resolve:') === false
        ? [property]
        : []
      : writtenSecrets(inner),
  );
}
