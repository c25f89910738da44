import { ResolvedTemplate } from '../../lib/testing';
import type { Assembly } from './assembly';
import { requireDiscoveryUrl } from './jwt-authorizer';
import { readBucket, type TemplateBucket } from './resources/bucket';
import {
  CODE_INTERPRETER,
  interpreterValue,
  readInterpreter,
  type TemplateInterpreter,
} from './resources/code-interpreter';
import { readRole, type TemplateRole } from './resources/role';
import { readRuntime, type LocalRuntime } from './resources/runtime';
import { readSecret, type TemplateSecret } from './resources/secret';
import { cognitoValue, readUserPools, withLocalAddresses, type PoolSite, type UserPool } from './resources/user-pool';
import { standInValues } from './stand-in-values';

const RUNTIME = 'AWS::BedrockAgentCore::Runtime';
const SECRET = 'AWS::SecretsManager::Secret';
const ROLE = 'AWS::IAM::Role';
const BUCKET = 'AWS::S3::Bucket';

/** Types that are run, that exist on AWS only, or that are read where they are needed. */
const KNOWN =
  /^AWS::(BedrockAgentCore::(Runtime(Endpoint)?|CodeInterpreterCustom)|CDK::Metadata|IAM::.+|Logs::.+|CloudWatch::.+|ECR::Repository|SecretsManager::Secret|S3::Bucket(Policy)?|KMS::(Key|Alias)|Cognito::(UserPool(Client|Domain|Group|ResourceServer)?|ManagedLoginBranding|UserPoolUICustomizationAttachment))$/;

/** What of an app is run on this machine. */
export interface LocalApp {
  readonly runtimes: readonly LocalRuntime[];
  readonly userPools: readonly UserPool[];
  readonly secrets: readonly TemplateSecret[];
  readonly roles: readonly TemplateRole[];
  readonly buckets: readonly TemplateBucket[];
  readonly codeInterpreters: readonly TemplateInterpreter[];
}

/** Where the app is run. */
export interface AppSite extends PoolSite {
  /** Account and Region of stacks that name none. */
  readonly account: string;
  readonly region: string;
}

/**
 * What of an assembly can be run here. What cannot be is told, one line each.
 *
 * @throws Error when there is no runtime to run
 */
export function readLocalApp(assembly: Assembly, site: AppSite, log: (line: string) => void): LocalApp {
  const stacks = resolvedStacks(assembly, site);
  const resources = stacks.flatMap((template) => template.resources().map((resource) => ({ template, ...resource })));
  const skipped = [...new Set(resources.map(({ type }) => type).filter((type) => !KNOWN.test(type)))];
  if (skipped.length > 0) log(`not run locally, and skipped: ${skipped.sort().join(', ')}`);

  const userPools = readUserPools(stacks, site);
  const read = <T>(wanted: string, one: (template: ResolvedTemplate, logicalId: string) => T): T[] =>
    resources.filter(({ type }) => type === wanted).map(({ template, logicalId }) => one(template, logicalId));
  const secrets = read(SECRET, readSecret);
  const roles = read(ROLE, readRole);
  const buckets = read(BUCKET, readBucket);
  const codeInterpreters = read(CODE_INTERPRETER, readInterpreter);

  const refused: string[] = [];
  const runtimes = resources
    .filter(({ type }) => type === RUNTIME)
    .flatMap(({ template, logicalId }) => {
      try {
        return [withLocalIssuers(readRuntime(assembly, template, logicalId), userPools)];
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        refused.push(`${logicalId} of stack ${template.stackName} cannot be run locally: ${reason}`);
        return [];
      }
    });
  if (runtimes.length === 0) {
    throw new Error(
      refused.length > 0
        ? `no runtime of the app can be run locally\n${refused.join('\n')}`
        : `there is nothing to run: no stack of the app has a resource of type ${RUNTIME} (nested stacks are not looked into)`,
    );
  }
  for (const line of refused) log(line);
  return { runtimes, userPools, secrets, roles, buckets, codeInterpreters };
}

/** The stacks of an assembly, each able to import what the others export. */
function resolvedStacks(assembly: Assembly, site: AppSite): ResolvedTemplate[] {
  const resolved: ResolvedTemplate[] = [];
  for (const stack of assembly.stacks) {
    const account = stack.account ?? site.account;
    const region = stack.region ?? site.region;
    const template: ResolvedTemplate = new ResolvedTemplate(stack.template, {
      account,
      region,
      stackName: stack.name,
      ...standInValues(stack.template, { account, region }),
      attribute: (resource, attribute) =>
        cognitoValue(template, resource, attribute, site) ?? interpreterValue(resource, attribute, template),
      imports: (name) => resolved.map((other) => other.exported(name)).find((value) => value !== undefined),
    });
    resolved.push(template);
  }
  return resolved;
}

/**
 * The runtime with the addresses of this run's user pools where the template spells out those of AWS.
 *
 * @throws Error when its callers could not be verified
 */
function withLocalIssuers(runtime: LocalRuntime, pools: readonly UserPool[]): LocalRuntime {
  const environment = Object.fromEntries(
    Object.entries(runtime.environment).map(([name, value]) => [name, withLocalAddresses(value, pools)]),
  );
  if (runtime.authorizer === undefined) return { ...runtime, environment };
  const discoveryUrl = withLocalAddresses(runtime.authorizer.discoveryUrl, pools);
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
