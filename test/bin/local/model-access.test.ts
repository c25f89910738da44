import { Audit, auditSummary } from '../../../bin/local/audit';
import type { Principal } from '../../../bin/local/credentials';
import { modelCallAccess } from '../../../bin/local/model-access';
import type { IdentityPolicies, PolicyStatementJson } from '../../../lib/testing';

const SITE = { partition: 'aws', region: 'us-east-1', account: '000000000000' };
const MODEL = 'anthropic.claude-sonnet-5-5';
const ACTIONS = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];
const profile = (id: string): string => `arn:aws:bedrock:us-east-1:000000000000:inference-profile/${id}`;
const foundation = (region: string): string => `arn:aws:bedrock:${region}::foundation-model/${MODEL}`;

function allow(
  resource: string | string[],
  throughProfile?: string,
  more: Partial<PolicyStatementJson> = {},
): PolicyStatementJson {
  return {
    Effect: 'Allow',
    Action: ACTIONS,
    Resource: resource,
    ...(throughProfile === undefined
      ? {}
      : { Condition: { StringEquals: { 'bedrock:InferenceProfileArn': throughProfile } } }),
    ...more,
  };
}

const GLOBAL = profile(`global.${MODEL}`);
const globalGrant = [
  allow(GLOBAL),
  allow(foundation('us-east-1'), GLOBAL),
  allow(foundation(''), undefined, {
    Condition: { StringEquals: { 'bedrock:InferenceProfileArn': GLOBAL, 'aws:RequestedRegion': 'unspecified' } },
  }),
];
const US = profile(`us.${MODEL}`);
const usGrant = [allow(US), allow([foundation('us-east-1'), foundation('us-west-2')], US)];

function principal(statements: PolicyStatementJson[], more: Partial<IdentityPolicies> = {}): Principal {
  return {
    arn: 'arn:aws:sts::000000000000:assumed-role/AgentRole/session',
    partition: 'aws',
    account: '000000000000',
    policies: { identityPolicies: [{ Statement: statements }], ...more },
  };
}

/** Undefined when the call is allowed, otherwise the resource at which it is refused. */
function refusedAt(
  modelId: string,
  caller: Principal,
  action = 'bedrock:InvokeModel',
  guardrail?: string,
): string | undefined {
  try {
    new Audit().require(caller, modelCallAccess(action, modelId, SITE, caller.policies, guardrail));
    return undefined;
  } catch (error) {
    return / on resource: (\S+) /.exec(String(error))?.[1] ?? String(error);
  }
}

describe('modelCallAccess', () => {
  it.each([
    ['a global profile', `global.${MODEL}`, globalGrant],
    ['a global profile by its ARN', GLOBAL, globalGrant],
    ['a geographic profile', `us.${MODEL}`, usGrant],
    ['a geographic profile with any destination', `us.${MODEL}`, [allow(US), allow(foundation('*'), US)]],
    ['a foundation model', MODEL, [allow(foundation('us-east-1'))]],
    [
      'an application profile',
      'arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc',
      [allow('arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc')],
    ],
  ])('allows %s that the role grants, for both actions', (_, modelId, statements) => {
    for (const action of ACTIONS) expect(refusedAt(modelId, principal(statements), action)).toBeUndefined();
  });

  it('allows a role that is bound to a guardrail no call without it, with another version, or with another one', () => {
    const guardrail = 'arn:aws:bedrock:us-east-1:000000000000:guardrail/abc';
    const bound: PolicyStatementJson[] = [
      ...globalGrant,
      { Effect: 'Allow', Action: 'bedrock:ApplyGuardrail', Resource: guardrail },
      {
        Effect: 'Deny',
        Action: ACTIONS,
        NotResource: ['arn:aws:bedrock:*:*:inference-profile/*'],
        Condition: { StringNotEquals: { 'bedrock:GuardrailIdentifier': `${guardrail}:3` } },
      },
    ];
    const called = (given?: string): string | undefined =>
      refusedAt(`global.${MODEL}`, principal(bound), 'bedrock:InvokeModel', given);

    expect(called(`${guardrail}:3`)).toBeUndefined();
    expect(called()).toBe(foundation('us-east-1'));
    expect(called(`${guardrail}:4`)).toBe(foundation('us-east-1'));
    expect(called(guardrail)).toBe(foundation('us-east-1'));
    expect(refusedAt(`global.${MODEL}`, principal(globalGrant), 'bedrock:InvokeModel', `${guardrail}:3`)).toBe(
      guardrail,
    );
  });

  it('refuses a model that is not granted', () => {
    expect(refusedAt('global.anthropic.claude-opus-5-5', principal(globalGrant))).toBe(
      profile('global.anthropic.claude-opus-5-5'),
    );
    expect(refusedAt(MODEL, principal(globalGrant))).toBe(foundation('us-east-1'));
  });

  it.each([
    ['the foundation model', [allow(GLOBAL)], foundation('us-east-1')],
    ['the form without a Region', globalGrant.slice(0, 2), foundation('')],
    ['the profile itself', globalGrant.slice(1), GLOBAL],
  ])('refuses a global profile when %s is not granted', (_, statements, resource) => {
    expect(refusedAt(`global.${MODEL}`, principal(statements))).toBe(resource);
  });

  it('refuses the form without a Region when it is conditioned on a Region', () => {
    const statements = [...globalGrant.slice(0, 2), allow(foundation(''), GLOBAL)].map((statement) => ({
      ...statement,
      Condition: { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } },
    }));

    expect(refusedAt(`global.${MODEL}`, principal(statements))).toBe(foundation(''));
  });

  it('refuses a geographic profile when its foundation model is not granted, or through another profile only', () => {
    expect(refusedAt(`us.${MODEL}`, principal([allow(US)]))).toBe(foundation('us-east-1'));
    expect(refusedAt(`us.${MODEL}`, principal([allow(US), allow(foundation('us-east-1'), GLOBAL)]))).toBe(
      foundation('us-east-1'),
    );
  });

  it('refuses a geographic profile when a destination is granted for one action and not for the other', () => {
    const statements = [
      allow(US),
      allow(foundation('us-east-1'), US),
      allow(foundation('us-west-2'), US, { Action: 'bedrock:InvokeModel' }),
    ];

    expect(refusedAt(`us.${MODEL}`, principal(statements), 'bedrock:InvokeModel')).toBeUndefined();
    expect(refusedAt(`us.${MODEL}`, principal(statements), 'bedrock:InvokeModelWithResponseStream')).toBe(
      foundation('us-west-2'),
    );
  });

  it('asks nothing of the Regions that are granted for another profile', () => {
    const europe = allow(foundation('eu-west-1'), profile(`eu.${MODEL}`));

    expect(refusedAt(`us.${MODEL}`, principal([...usGrant, europe]))).toBeUndefined();
  });

  it('refuses a destination that a boundary or a denial takes away', () => {
    const boundary = { Statement: [allow([US, foundation('us-east-1')])] };
    const denial: PolicyStatementJson = {
      Effect: 'Deny',
      Action: 'bedrock:*',
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestedRegion': 'us-east-1' } },
    };

    expect(refusedAt(`us.${MODEL}`, principal(usGrant, { permissionsBoundary: boundary }))).toBe(
      foundation('us-west-2'),
    );
    expect(refusedAt(`us.${MODEL}`, principal([...usGrant, denial]))).toBe(foundation('us-west-2'));
  });
});

describe('Audit', () => {
  it('names principal, action and resource of what it refuses, and whether a statement denies it', () => {
    const audit = new Audit();
    const denial: PolicyStatementJson = { Effect: 'Deny', Action: 'bedrock:InvokeModel', Resource: '*' };
    const request = { action: 'bedrock:InvokeModel', resource: US };

    expect(() => {
      audit.require(principal([]), [request]);
    }).toThrow(
      `User: arn:aws:sts::000000000000:assumed-role/AgentRole/session is not authorized to perform: ` +
        `bedrock:InvokeModel on resource: ${US} because no identity-based policy allows the bedrock:InvokeModel action`,
    );
    expect(() => {
      audit.require(principal([denial]), [request]);
    }).toThrow('with an explicit deny in an identity-based policy');
  });

  it('sums up what was refused, what was not used and what a local run cannot see', () => {
    const audit = new Audit();
    const caller = principal([
      ...usGrant,
      { Effect: 'Allow', Action: ['bedrock:List*', 'bedrock-agentcore:GetWorkloadAccessToken'], Resource: '*' },
      { Effect: 'Allow', Action: 'logs:PutLogEvents', Resource: '*' },
    ]);
    const role = { name: 'AgentRole', arnPrefix: caller.arn.replace('session', ''), policies: caller.policies };
    audit.require(caller, [
      { action: 'bedrock:InvokeModel', resource: US },
      { action: 'bedrock:ListInferenceProfiles', resource: '*' },
    ]);
    const refused = [1, 2].map(() => () => {
      audit.require(caller, [{ action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/key' }]);
    });
    for (const call of refused) expect(call).toThrow('s3:GetObject');
    expect(() => {
      audit.require(principal([]), [{ action: 'bedrock:ListInferenceProfiles', resource: '*' }]);
    }).toThrow('bedrock:ListInferenceProfiles');

    expect(auditSummary(audit, [role])).toEqual([
      `denied 2 x s3:GetObject on arn:aws:s3:::bucket/key for ${caller.arn}`,
      `denied 1 x bedrock:ListInferenceProfiles on * for ${caller.arn} (expected: the agent does without the list)`,
      'granted to AgentRole but not used in this run: bedrock-agentcore:GetWorkloadAccessToken, bedrock:InvokeModelWithResponseStream',
      'granted to AgentRole for services not run locally: logs',
    ]);
  });
});
