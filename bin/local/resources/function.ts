import { existsSync, statSync } from 'node:fs';
import type { PolicyDocumentJson, PolicyStatementJson, ResolvedTemplate, TemplateResource } from '../../../lib/testing';
import type { Assembly } from '../assembly';
import { readRole, type TemplateRole } from './role';

export const FUNCTION = 'AWS::Lambda::Function';
const PERMISSION = 'AWS::Lambda::Permission';
const ROLE = 'AWS::IAM::Role';

/** AWS Lambda's own where the template says nothing. */
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 128;

/** An AWS::Lambda::Function of the template that can be run here. */
export interface TemplateFunction {
  readonly name: string;
  readonly arn: string;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  /** Such as `nodejs24.x`. */
  readonly runtime: string;
  /** `<file without ending>.<export>`. */
  readonly handler: string;
  /** Absolute path of the folder with the code. */
  readonly directory: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly role: TemplateRole;
  /** Who may call it beside those whose own policies say so. */
  readonly policy: PolicyDocumentJson;
}

interface FunctionProperties {
  readonly Runtime?: string;
  readonly Handler?: string;
  readonly PackageType?: string;
  readonly Layers?: readonly unknown[];
  readonly Role: string;
  readonly Timeout?: number | string;
  readonly MemorySize?: number | string;
  readonly Code?: { readonly S3Key?: string; readonly ZipFile?: string };
  readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> };
}

/** `Ref` of versions and aliases, which are ARNs; undefined for other types. */
export function functionValue(
  { type, properties }: TemplateResource,
  attribute: string | undefined,
  { partition, region, account }: Pick<ResolvedTemplate, 'partition' | 'region' | 'account'>,
): string | undefined {
  const isVersion = type === 'AWS::Lambda::Version';
  if (!isVersion && type !== 'AWS::Lambda::Alias') return undefined;
  const given = String(properties.FunctionName);
  const arn = given.startsWith('arn:') ? given : `arn:${partition}:lambda:${region}:${account}:function:${given}`;
  const qualifier = isVersion ? '1' : String(properties.Name);
  const values = new Map([
    ['Ref', `${arn}:${qualifier}`],
    ['FunctionArn', `${arn}:${qualifier}`],
    ['AliasArn', `${arn}:${qualifier}`],
    ['Version', '1'],
  ]);
  return values.get(attribute ?? 'Ref');
}

/** The ARN of a function without the version or alias at its end. */
export function unqualifiedArn(arn: string): string {
  return arn.split(':').slice(0, 7).join(':');
}

/**
 * Reads one function of a stack.
 *
 * @throws Error saying why it cannot be run without a deployment
 */
export function readFunction(assembly: Assembly, template: ResolvedTemplate, logicalId: string): TemplateFunction {
  const property = <K extends keyof FunctionProperties>(name: K): FunctionProperties[K] =>
    template.property(logicalId, name) as FunctionProperties[K];
  const runtime = property('Runtime') ?? '';
  if (property('PackageType') === 'Image')
    throw new Error('it is a container image; functions with code are run locally');
  if (!runtime.startsWith('nodejs')) throw new Error(`its runtime is ${runtime}; those of Node.js are run locally`);
  if ((property('Layers') ?? []).length > 0) throw new Error('it has layers (Layers), which are not run locally');
  const arn = template.getAtt(logicalId, 'Arn');
  const role = roleOf(template, property('Role'));
  // Read now: a function whose permissions are not known could not be called.
  role.policies();
  return {
    name: template.ref(logicalId),
    arn,
    partition: template.partition,
    account: template.account,
    region: template.region,
    runtime,
    handler: property('Handler') ?? '',
    directory: codeDirectory(assembly, property('Code')),
    timeoutMs: Number(property('Timeout') ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
    memoryMb: Number(property('MemorySize') ?? DEFAULT_MEMORY_MB),
    environment: textValues(property('Environment')?.Variables ?? {}),
    role,
    policy: { Statement: permissions(template, template.ref(logicalId), arn) },
  };
}

function codeDirectory(assembly: Assembly, code: FunctionProperties['Code']): string {
  if (code?.ZipFile !== undefined) {
    throw new Error('its code stands in the template (ZipFile); put it into a folder: Code.fromAsset');
  }
  const path = assembly.files.get(code?.S3Key ?? '')?.path;
  if (path === undefined) throw new Error('its code is not an asset of this app, so there is nothing to run here');
  if (!existsSync(path)) throw new Error(`its code is not at ${path}`);
  if (!statSync(path).isDirectory())
    throw new Error(`its code ${path} is an archive; functions of folders are run locally`);
  return path;
}

function roleOf(template: ResolvedTemplate, arn: string): TemplateRole {
  const logicalId = template
    .resources()
    .filter(({ type }) => type === ROLE)
    .find((role) => template.getAtt(role.logicalId, 'Arn') === arn)?.logicalId;
  if (logicalId === undefined)
    throw new Error(`its role ${arn} is not in the template, so what it may do is not known`);
  return readRole(template, logicalId);
}

function textValues(variables: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
}

function permissions(template: ResolvedTemplate, name: string, arn: string): PolicyStatementJson[] {
  return template
    .resources()
    .filter(({ type, logicalId }) => {
      return type === PERMISSION && [name, arn].includes(String(template.property(logicalId, 'FunctionName')));
    })
    .map(({ logicalId }) => permission(template.properties(logicalId), arn));
}

/** A permission as the statement that AWS Lambda makes of it. */
function permission(properties: Readonly<Record<string, unknown>>, arn: string): PolicyStatementJson {
  const { Principal, Action, SourceArn, SourceAccount } = properties;
  const principal = String(Principal);
  return {
    Effect: 'Allow',
    Principal: principal.includes('.amazonaws.com') ? { Service: principal } : { AWS: principal },
    Action: String(Action),
    Resource: arn,
    Condition: {
      ...(SourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': String(SourceArn) } }),
      ...(SourceAccount === undefined ? {} : { StringEquals: { 'aws:SourceAccount': String(SourceAccount) } }),
    },
  };
}
