import { createHash } from 'node:crypto';
import type { ResolvedTemplate, TemplateResource } from '../../../lib/testing';
import type { Identity } from '../identity/identity';
import type { Relocated } from '../local-addresses';
import { clientId, readClient, type PoolClient } from './user-pool-client';

const USER_POOL = 'AWS::Cognito::UserPool';

/** An AWS::Cognito::UserPool of the template, as an OpenID Connect provider on this machine. */
export interface UserPool extends Relocated {
  readonly id: string;
  /** `iss` of its tokens, and the address below which it serves. */
  readonly issuer: string;
  /** Without a domain a pool signs nobody in: it has its keys, and neither pages nor tokens. */
  readonly hasDomain: boolean;
  readonly groups: readonly string[];
  readonly clients: readonly PoolClient[];
}

/** Where and with which keys the pools of a run serve. */
export interface PoolSite {
  /** Address of the front, such as `http://127.0.0.1:8080`. */
  readonly endpoint: string;
  readonly identity: () => Identity;
}

/**
 * `Ref` (`attribute` undefined) and attributes of Cognito's resources; undefined where there is no value of its own here.
 */
export function cognitoValue(
  template: ResolvedTemplate,
  { logicalId, type }: TemplateResource,
  attribute: string | undefined,
  site: PoolSite,
): string | undefined {
  const text = (property: string): string | undefined => {
    const value = template.property(logicalId, property);
    return typeof value === 'string' ? value : undefined;
  };
  switch (type) {
    case USER_POOL:
      return poolValues(template, logicalId, site)[attribute ?? 'Ref'];
    case 'AWS::Cognito::UserPoolClient': {
      const id = clientId(template, logicalId);
      if (attribute === 'ClientSecret') return site.identity().clientSecret(id);
      return attribute === undefined || attribute === 'ClientId' ? id : undefined;
    }
    case 'AWS::Cognito::UserPoolDomain':
      return attribute === undefined ? text('Domain') : undefined;
    case 'AWS::Cognito::UserPoolGroup':
      return attribute === undefined ? text('GroupName') : undefined;
    case 'AWS::Cognito::UserPoolResourceServer':
      return attribute === undefined ? text('Identifier') : undefined;
    default:
      return undefined;
  }
}

/** Reads the user pools of an app, each with its clients, groups and domain, which may be in other stacks. */
export function readUserPools(stacks: readonly ResolvedTemplate[], site: PoolSite): UserPool[] {
  const resources = stacks.flatMap((template) => template.resources().map((one) => ({ template, ...one })));
  const ofType = (type: string): typeof resources => resources.filter((one) => one.type === type);

  return ofType(USER_POOL).map(({ template: { region }, template, logicalId }) => {
    const id = poolId(template, logicalId);
    const ofPool = (type: string): typeof resources =>
      ofType(type).filter((one) => one.template.property(one.logicalId, 'UserPoolId') === id);
    const values = (type: string, property: string): string[] =>
      ofPool(type).map((one) => String(one.template.property(one.logicalId, property)));
    const domains = values('AWS::Cognito::UserPoolDomain', 'Domain');
    return {
      id,
      issuer: issuer(id, site),
      localAddress: issuer(id, site),
      hasDomain: domains.length > 0,
      groups: values('AWS::Cognito::UserPoolGroup', 'GroupName'),
      clients: ofPool('AWS::Cognito::UserPoolClient').map((client) =>
        readClient(client.template, client.logicalId, site.identity),
      ),
      cloudAddresses: [
        `https://cognito-idp.${region}.amazonaws.com/${id}`,
        ...domains.map((domain) =>
          domain.includes('.') ? `https://${domain}` : `https://${domain}.auth.${region}.amazoncognito.com`,
        ),
      ],
    };
  });
}

function poolValues(template: ResolvedTemplate, logicalId: string, site: PoolSite): Record<string, string> {
  const id = poolId(template, logicalId);
  const { partition, region, account } = template;
  const url = issuer(id, site);
  return {
    Ref: id,
    UserPoolId: id,
    Arn: `arn:${partition}:cognito-idp:${region}:${account}:userpool/${id}`,
    // The name by which identity pools know it, here and on AWS.
    ProviderName: `cognito-idp.${region}.amazonaws.com/${id}`,
    ProviderURL: url,
  };
}

function poolId({ account, region, stackName }: ResolvedTemplate, logicalId: string): string {
  const key = [account, region, stackName, logicalId].join('\n');
  return `${region}_${createHash('sha256').update(key).digest('hex').slice(0, 9)}`;
}

function issuer(id: string, { endpoint }: PoolSite): string {
  return `${endpoint}/${id}`;
}
