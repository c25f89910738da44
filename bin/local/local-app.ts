import type { ResolvedTemplate } from '../../lib/testing';
import type { Assembly } from './assembly';
import { requireDiscoveryUrl } from './jwt-authorizer';
import { localized, withLocalAddresses, type Relocated } from './local-addresses';
import { resolvedStacks, type AppSite } from './resolved-stacks';
import { readBucket, type TemplateBucket } from './resources/bucket';
import { CODE_INTERPRETER, readInterpreter, type TemplateInterpreter } from './resources/code-interpreter';
import { FUNCTION, readFunction, type TemplateFunction } from './resources/function';
import { GATEWAY, gatewayCloudUrl, gatewayUrl, readGateway, type TemplateGateway } from './resources/gateway';
import { apiCloudUrl, apiUrl, HTTP_API, readHttpApi, type TemplateHttpApi } from './resources/http-api';
import {
  API_KEY_PROVIDER,
  OAUTH_PROVIDER,
  readApiKeyProvider,
  readOAuthProvider,
  type TemplateApiKeyProvider,
  type TemplateOAuthProvider,
} from './resources/credential-provider';
import { readIdentityPools, type TemplateIdentityPool } from './resources/identity-pool';
import { readRole, type TemplateRole } from './resources/role';
import { readRuntime, type LocalRuntime } from './resources/runtime';
import { readSecret, type TemplateSecret } from './resources/secret';
import { readTable, TABLE_TYPES, type TemplateTable } from './resources/table';
import { readUserPools, type UserPool } from './resources/user-pool';
import { readWorkloadIdentities, RETURN_URLS, type WorkloadIdentity } from './resources/workload-identity';

const RUNTIME = 'AWS::BedrockAgentCore::Runtime';
const SECRET = 'AWS::SecretsManager::Secret';
const ROLE = 'AWS::IAM::Role';
const BUCKET = 'AWS::S3::Bucket';

/** Types that are run, that exist on AWS only, or that are read where they are needed. */
const KNOWN = [
  /^AWS::BedrockAgentCore::(Runtime(Endpoint)?|CodeInterpreterCustom|Gateway(Target)?|Policy(Engine)?)$/,
  /^AWS::(CDK::Metadata|IAM::.+|Logs::.+|CloudWatch::.+|ECR::Repository|SecretsManager::Secret)$/,
  /^AWS::(S3::Bucket(Policy)?|KMS::(Key|Alias)|DynamoDB::(Table|GlobalTable))$/,
  /^AWS::Lambda::(Function|Permission|Version|Alias|EventInvokeConfig)$/,
  /^AWS::ApiGatewayV2::(Api|Route|Integration|Authorizer|Stage)$/,
  /^AWS::BedrockAgentCore::(OAuth2CredentialProvider|ApiKeyCredentialProvider|WorkloadIdentity)$/,
  /^AWS::Cognito::IdentityPool(RoleAttachment|PrincipalTag)?$/,
  new RegExp(`^${RETURN_URLS}$`),
  /^AWS::Cognito::(UserPool(Client|Domain|Group|ResourceServer)?|ManagedLoginBranding|UserPoolUICustomizationAttachment)$/,
];

/** What of an app is run on this machine. */
export interface LocalApp {
  readonly runtimes: readonly LocalRuntime[];
  readonly userPools: readonly UserPool[];
  readonly secrets: readonly TemplateSecret[];
  readonly roles: readonly TemplateRole[];
  readonly buckets: readonly TemplateBucket[];
  readonly tables: readonly TemplateTable[];
  readonly codeInterpreters: readonly TemplateInterpreter[];
  readonly functions: readonly TemplateFunction[];
  readonly gateways: readonly TemplateGateway[];
  readonly httpApis: readonly TemplateHttpApi[];
  readonly identityPools: readonly TemplateIdentityPool[];
  readonly oauthProviders: readonly TemplateOAuthProvider[];
  readonly apiKeyProviders: readonly TemplateApiKeyProvider[];
  readonly workloadIdentities: readonly WorkloadIdentity[];
}

/**
 * What of an assembly can be run here. What cannot be is told, one line each.
 *
 * @throws Error when there is no runtime to run
 */
export function readLocalApp(assembly: Assembly, site: AppSite, log: (line: string) => void): LocalApp {
  const stacks = resolvedStacks(assembly, site);
  const resources = stacks.flatMap((template) => template.resources().map((resource) => ({ template, ...resource })));
  const isKnown = (type: string): boolean => KNOWN.some((pattern) => pattern.test(type));
  const skipped = [...new Set(resources.map(({ type }) => type).filter((type) => !isKnown(type)))];
  if (skipped.length > 0) log(`not run locally, and skipped: ${skipped.sort().join(', ')}`);

  const refused: string[] = [];
  const read = <T>(
    isWanted: (type: string) => boolean,
    one: (template: ResolvedTemplate, logicalId: string) => T,
  ): T[] => resources.filter(({ type }) => isWanted(type)).map(({ template, logicalId }) => one(template, logicalId));
  /** Those that can be run; the others are told. */
  const readable = <T>(type: string, one: (template: ResolvedTemplate, logicalId: string) => T): T[] =>
    read(
      (found) => found === type,
      (template, logicalId) => {
        try {
          return [one(template, logicalId)];
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          refused.push(`${logicalId} of stack ${template.stackName} cannot be run locally: ${reason}`);
          return [];
        }
      },
    ).flat();
  const every = (type: string) => (found: string) => found === type;

  const userPools = readUserPools(stacks, site);
  const gateways = readable(GATEWAY, (template, logicalId) => readGateway(assembly, template, logicalId));
  const httpApis = readable(HTTP_API, readHttpApi);
  const relocated: Relocated[] = [
    ...userPools,
    ...gateways.map((one) => ({
      cloudAddresses: [gatewayCloudUrl(one)],
      localAddress: gatewayUrl(one.id, site.endpoint),
    })),
    ...httpApis.map((one) => ({ cloudAddresses: [apiCloudUrl(one)], localAddress: apiUrl(one.id, site.endpoint) })),
  ];
  const runtimes = readable(RUNTIME, (template, logicalId) =>
    withLocalIssuer(readRuntime(assembly, template, logicalId), relocated),
  );
  if (runtimes.length === 0) {
    throw new Error(
      refused.length > 0
        ? `no runtime of the app can be run locally\n${refused.join('\n')}`
        : `there is nothing to run: no stack of the app has a resource of type ${RUNTIME} (nested stacks are not looked into)`,
    );
  }
  const functions = readable(FUNCTION, (template, logicalId) => readFunction(assembly, template, logicalId));
  for (const line of refused) log(line);
  return {
    runtimes,
    userPools,
    secrets: read(every(SECRET), readSecret),
    roles: read(every(ROLE), readRole),
    buckets: read(every(BUCKET), readBucket),
    tables: read((type) => TABLE_TYPES.has(type), readTable),
    codeInterpreters: read(every(CODE_INTERPRETER), readInterpreter),
    functions: functions.map((one) => ({ ...one, environment: localized(one.environment, relocated) })),
    gateways: gateways.map((one) => ({ ...one, inbound: localized(one.inbound, relocated) })),
    identityPools: readIdentityPools(stacks),
    oauthProviders: read(every(OAUTH_PROVIDER), readOAuthProvider),
    apiKeyProviders: read(every(API_KEY_PROVIDER), readApiKeyProvider),
    workloadIdentities: readWorkloadIdentities(stacks),
    httpApis: httpApis.map((one) => ({ ...one, routes: localized(one.routes, relocated) })),
  };
}

/**
 * The runtime with addresses of this run where the template spells out those of AWS.
 *
 * @throws Error when its callers could not be verified
 */
function withLocalIssuer(runtime: LocalRuntime, relocated: readonly Relocated[]): LocalRuntime {
  const environment = localized(runtime.environment, relocated);
  if (runtime.authorizer === undefined) return { ...runtime, environment };
  const discoveryUrl = withLocalAddresses(runtime.authorizer.discoveryUrl, relocated);
  requireDiscoveryUrl(discoveryUrl);
  return { ...runtime, environment, authorizer: { ...runtime.authorizer, discoveryUrl } };
}

/**
 * The runtime that the short path serves: the one called `name`, or the first.
 *
 * @throws Error naming those there are
 */
export function chooseRuntime(runtimes: readonly LocalRuntime[], name: string | undefined): LocalRuntime {
  const chosen =
    name === undefined ? runtimes[0] : runtimes.find((runtime) => runtime.name === name || runtime.arn === name);
  if (chosen === undefined) {
    throw new Error(
      `there is no runtime "${name ?? ''}" to run; there is ${runtimes.map((one) => one.name).join(', ')}`,
    );
  }
  return chosen;
}
