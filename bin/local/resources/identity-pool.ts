import type { ResolvedTemplate, TemplateResource } from '../../../lib/testing';
import { stableUuid } from '../stable-uuid';
import type { Place } from './agentcore-id';

const IDENTITY_POOL = 'AWS::Cognito::IdentityPool';
const ROLE_ATTACHMENT = 'AWS::Cognito::IdentityPoolRoleAttachment';
const PRINCIPAL_TAG = 'AWS::Cognito::IdentityPoolPrincipalTag';

/** An AWS::Cognito::IdentityPool of the template with what belongs to it. */
export interface TemplateIdentityPool {
  readonly id: string;
  readonly region: string;
  readonly account: string;
  /** Whose tokens it takes: user pools by their name, each with a client. */
  readonly providers: readonly { readonly name: string; readonly clientId: string }[];
  /** The role that whoever has a token gets; undefined when none is attached. */
  readonly roleArn?: string;
  /** By the name of a user pool: which claims become which tags of the session. */
  readonly tags: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What Amazon Cognito takes where a mapping says that its defaults are to be used. */
const DEFAULT_TAGS = { username: 'sub', client: 'aud' };

/** `Ref` and attributes of identity pools; undefined for other types. */
export function identityPoolValue(
  { type, logicalId, properties }: TemplateResource,
  attribute: string | undefined,
  { account, region, stackName }: Place,
): string | undefined {
  if (type !== IDENTITY_POOL) return undefined;
  if (attribute === 'Name') return String(properties.IdentityPoolName ?? logicalId);
  const id = `${region}:${stableUuid(['identity pool', account, region, stackName, logicalId].join('\n'))}`;
  return attribute === undefined || attribute === 'Id' ? id : undefined;
}

/** Reads the identity pools of an app, each with its role and its tags, which may be in other stacks. */
export function readIdentityPools(stacks: readonly ResolvedTemplate[]): TemplateIdentityPool[] {
  const ofType = (type: string): { template: ResolvedTemplate; properties: Record<string, unknown>; id: string }[] =>
    stacks.flatMap((template) =>
      template
        .resourcesOfType(type)
        .map(({ logicalId, properties }) => ({ template, properties, id: template.ref(logicalId) })),
    );
  const attachments = ofType(ROLE_ATTACHMENT);
  const mappings = ofType(PRINCIPAL_TAG);
  return ofType(IDENTITY_POOL).map(({ template: { account, region }, properties, id }) => {
    const attached = attachments.find((one) => one.properties.IdentityPoolId === id)?.properties.Roles;
    const { authenticated } = (attached ?? {}) as { readonly authenticated?: string };
    const providers = (properties.CognitoIdentityProviders ?? []) as { ProviderName: string; ClientId: string }[];
    return {
      id,
      account,
      region,
      providers: providers.map(({ ProviderName, ClientId }) => ({ name: ProviderName, clientId: ClientId })),
      ...(authenticated === undefined ? {} : { roleArn: authenticated }),
      tags: Object.fromEntries(
        mappings
          .filter((one) => one.properties.IdentityPoolId === id)
          .map(({ properties: { IdentityProviderName, PrincipalTags, UseDefaults } }) => [
            String(IdentityProviderName),
            String(UseDefaults) === 'true' ? DEFAULT_TAGS : ((PrincipalTags ?? {}) as Record<string, string>),
          ]),
      ),
    };
  });
}
