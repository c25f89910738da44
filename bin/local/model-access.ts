import type { AccessRequest, IdentityPolicies, PolicyStatementJson } from '../../lib/testing';

/** Where a model call is made. */
export interface CallSite {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** Profile ids carry a geography before the vendor: `global.`, `apac.`, `us-gov.`, or two letters such as `eu.`. */
const PROFILE_ID = /^(global|apac|us-gov|[a-z]{2})\.(.+)$/;
const PROFILE_ARN = /^arn:[^:]+:bedrock:[^:]+:[^:]*:inference-profile\/(.+)$/;
const FOUNDATION_MODEL_ARN = /^arn:[^:]+:bedrock:([a-z0-9-]+)::foundation-model\/(.+)$/;

/** What a model identifier of a request stands for. */
function modelArn(modelId: string, site: CallSite): string {
  if (modelId.startsWith('arn:')) return modelId;
  const { partition, region, account } = site;
  return PROFILE_ID.test(modelId)
    ? `arn:${partition}:bedrock:${region}:${account}:inference-profile/${modelId}`
    : `arn:${partition}:bedrock:${region}::foundation-model/${modelId}`;
}

/** The ARN of an inference profile given by id or by ARN. */
export function profileArn(profile: string, site: CallSite): string {
  return profile.startsWith('arn:')
    ? profile
    : `arn:${site.partition}:bedrock:${site.region}:${site.account}:inference-profile/${profile}`;
}

/**
 * Everything that IAM authorizes for one model call.
 *
 * For a system-defined inference profile that is the profile and the foundation model in each Region the call can be
 * routed to, there with `bedrock:InferenceProfileArn`. AWS knows those Regions and a template does not: what is asked is
 * each Region that the caller's policies name for this model and profile, so that a grant that is incomplete for one
 * action, or cut by a boundary, is refused; where they name none, the caller's own Region. A global profile has the form
 * without a Region.
 * The model behind an application inference profile is not part of the request; the profile alone decides.
 *
 * @param guardrail ARN of the guardrail that the call names, with `:<version>` unless it is the draft; it has to be
 * allowed too, and is a condition of the call
 */
export function modelCallAccess(
  action: string,
  modelId: string,
  site: CallSite,
  policies: IdentityPolicies,
  guardrail?: string,
): AccessRequest[] {
  const calls = callAccess(action, modelId, site, policies);
  if (guardrail === undefined) return calls;
  return [
    ...calls.map((call) => ({ ...call, context: { ...call.context, 'bedrock:GuardrailIdentifier': guardrail } })),
    { action: 'bedrock:ApplyGuardrail', resource: guardrail.split(':').slice(0, 6).join(':') },
  ];
}

function callAccess(action: string, modelId: string, site: CallSite, policies: IdentityPolicies): AccessRequest[] {
  const called = modelArn(modelId, site);
  const own: AccessRequest = { action, resource: called, context: { 'aws:RequestedRegion': site.region } };
  const [, geography, model] = PROFILE_ID.exec(PROFILE_ARN.exec(called)?.[1] ?? '') ?? [];
  if (geography === undefined || model === undefined) return [own];

  const destination = (region: string, requestedRegion: string): AccessRequest => ({
    action,
    resource: `arn:${site.partition}:bedrock:${region}::foundation-model/${model}`,
    context: { 'bedrock:InferenceProfileArn': called, 'aws:RequestedRegion': requestedRegion },
  });
  return geography === 'global'
    ? [own, destination(site.region, site.region), destination('', 'unspecified')]
    : [own, ...regions(model, called, site, policies).map((region) => destination(region, region))];
}

function regions(model: string, profile: string, site: CallSite, policies: IdentityPolicies): string[] {
  const named = policies.identityPolicies
    .flatMap((policy) => policy.Statement)
    .filter((statement) => statement.Effect === 'Allow' && concernsProfile(statement, profile))
    .flatMap((statement) => [statement.Resource ?? []].flat())
    .flatMap((resource) => {
      const [, region, id] = FOUNDATION_MODEL_ARN.exec(resource) ?? [];
      return region !== undefined && id === model ? [region] : [];
    });
  return named.length === 0 ? [site.region] : [...new Set(named)];
}

/** False for a statement that is conditioned on other profiles only. */
function concernsProfile(statement: PolicyStatementJson, profile: string): boolean {
  const conditions = Object.values(statement.Condition ?? {}).flatMap((keys) =>
    Object.entries(keys).filter(([key]) => key.toLowerCase() === 'bedrock:inferenceprofilearn'),
  );
  return conditions.every(([, expected]) => [expected].flat().includes(profile));
}
