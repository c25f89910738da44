import { evaluate, evaluateTrust, type PolicyStatementJson } from '../../lib/testing';

const policy = (...statements: Partial<PolicyStatementJson>[]) => ({
  Statement: statements.map((statement) => ({ Effect: 'Allow' as const, Resource: '*', ...statement })),
});
const decide = (
  statement: Partial<PolicyStatementJson>,
  context?: Record<string, string | string[]>,
  resource = 'arn:x',
) =>
  evaluate(
    { identityPolicies: [policy({ Action: 's3:GetObject', ...statement })] },
    {
      action: 's3:GetObject',
      resource,
      ...(context === undefined ? {} : { context }),
    },
  ).decision;

describe('evaluate', () => {
  test('denies what nothing allows', () => {
    expect(decide({ Action: 's3:PutObject' })).toBe('implicitDeny');
  });

  test.each([
    ['the same action', 's3:GetObject', 'allowed'],
    ['another case', 'S3:getobject', 'allowed'],
    ['a wildcard', 's3:Get*', 'allowed'],
    ['one character', 's3:GetObjec?', 'allowed'],
    ['a longer name', 's3:GetObjectTagging', 'implicitDeny'],
  ])('compares actions: %s', (_, Action, expected) => {
    expect(decide({ Action })).toBe(expected);
  });

  test('treats the dots of an ARN as dots', () => {
    expect(decide({ Resource: 'arn:a.b' }, {}, 'arn:axb')).toBe('implicitDeny');
  });

  test('lets an explicit deny win over every allow', () => {
    const verdict = evaluate(
      { identityPolicies: [policy({ Action: '*' }), policy({ Effect: 'Deny', Action: 's3:*' })] },
      { action: 's3:GetObject', resource: 'arn:x' },
    );
    expect(verdict.decision).toBe('explicitDeny');
    expect(verdict.matched).toHaveLength(1);
  });

  test('reads NotAction and NotResource as everything else', () => {
    expect(decide({ NotAction: 's3:GetObject', Action: undefined })).toBe('implicitDeny');
    expect(decide({ NotAction: 's3:PutObject', Action: undefined })).toBe('allowed');
    expect(decide({ NotResource: 'arn:x', Resource: undefined })).toBe('implicitDeny');
    expect(decide({ NotResource: 'arn:y', Resource: undefined })).toBe('allowed');
  });

  test.each(['permissionsBoundary', 'sessionPolicy'] as const)('allows nothing that the %s does not allow', (limit) => {
    const identityPolicies = [policy({ Action: 's3:*' })];
    const request = { action: 's3:GetObject', resource: 'arn:x' };
    expect(evaluate({ identityPolicies, [limit]: policy({ Action: 's3:PutObject' }) }, request).allowed).toBe(false);
    expect(evaluate({ identityPolicies, [limit]: policy({ Action: 's3:GetObject' }) }, request).allowed).toBe(true);
  });

  describe('conditions', () => {
    test.each<[string, Record<string, string | string[]>, Record<string, string | string[]>, boolean]>([
      ['StringEquals', { 'aws:k': 'a' }, { 'AWS:K': 'a' }, true],
      ['StringEquals', { 'aws:k': ['a', 'b'] }, { 'aws:k': 'b' }, true],
      ['StringEquals', { 'aws:k': 'a' }, { 'aws:k': 'A' }, false],
      ['StringEquals', { 'aws:k': 'a*' }, { 'aws:k': 'ab' }, false],
      ['StringEquals', { 'aws:k': 'a' }, {}, false],
      ['StringEqualsIfExists', { 'aws:k': 'a' }, {}, true],
      ['StringNotEquals', { 'aws:k': 'a' }, { 'aws:k': 'b' }, true],
      ['StringNotEquals', { 'aws:k': ['a', 'b'] }, { 'aws:k': 'b' }, false],
      ['StringNotEquals', { 'aws:k': 'a' }, {}, true],
      ['StringLike', { 'aws:k': 'a*' }, { 'aws:k': 'ab' }, true],
      ['StringLike', { 'aws:k': '?*' }, { 'aws:k': '' }, false],
      ['StringNotLike', { 'aws:k': '*/*' }, { 'aws:k': 'a/b' }, false],
      ['ArnLike', { 'aws:k': 'arn:aws:x:*:1:r/n-*' }, { 'aws:k': 'arn:aws:x:eu:1:r/n-1' }, true],
      ['ArnLike', { 'aws:k': 'arn:aws:x:*:1:r/n-*' }, { 'aws:k': 'arn:aws:x:eu:1:r/nn-1' }, false],
      ['ArnLike', { 'aws:k': 'arn:aws:x:*:1:r' }, { 'aws:k': 'arn:aws:x:eu:2:a:1:r' }, false],
      ['ArnLike', { 'aws:k': 'arn:aws:x:*' }, { 'aws:k': 'arn:aws:x:eu:1:r' }, false],
      ['ArnEquals', { 'aws:k': 'arn:aws:x:eu:1:r:s:*' }, { 'aws:k': 'arn:aws:x:eu:1:r:s:t' }, true],
      ['ForAnyValue:StringEqualsIfExists', { 'aws:k': ['a'] }, {}, false],
      ['Bool', { 'aws:k': 'true' }, { 'aws:k': 'TRUE' }, true],
      ['Null', { 'aws:k': 'true' }, {}, true],
      ['Null', { 'aws:k': 'true' }, { 'aws:k': 'a' }, false],
      ['Null', { 'aws:k': 'false' }, { 'aws:k': 'a' }, true],
      ['NumericLessThan', { 'aws:k': '10' }, { 'aws:k': '9' }, true],
      ['ForAllValues:StringEquals', { 'aws:k': ['a', 'b'] }, { 'aws:k': ['a', 'b'] }, true],
      ['ForAllValues:StringEquals', { 'aws:k': ['a'] }, { 'aws:k': ['a', 'b'] }, false],
      ['ForAllValues:StringEquals', { 'aws:k': ['a'] }, {}, true],
      ['ForAnyValue:StringEquals', { 'aws:k': ['a'] }, { 'aws:k': ['a', 'b'] }, true],
      ['ForAnyValue:StringEquals', { 'aws:k': ['a'] }, {}, false],
    ])('%s %j holds for %j: %s', (operator, expected, context, holds) => {
      expect(decide({ Condition: { [operator]: expected } }, context)).toBe(holds ? 'allowed' : 'implicitDeny');
    });

    test('fails on an operator it does not know, naming it', () => {
      expect(() => decide({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })).toThrow(
        /IpAddress.*known are/,
      );
    });
  });

  describe('policy variables', () => {
    const own = { Resource: 'arn:b/${aws:PrincipalTag/userId}/*' };

    test('stand for the value of the request', () => {
      expect(decide(own, { 'aws:PrincipalTag/userId': 'alice' }, 'arn:b/alice/f')).toBe('allowed');
      expect(decide(own, { 'aws:PrincipalTag/userId': 'alice' }, 'arn:b/bob/f')).toBe('implicitDeny');
    });

    test('insert a wildcard of the value as a plain character', () => {
      expect(decide(own, { 'aws:PrincipalTag/userId': '*' }, 'arn:b/bob/f')).toBe('implicitDeny');
      expect(decide(own, { 'aws:PrincipalTag/userId': '*' }, 'arn:b/*/f')).toBe('allowed');
    });

    test('without a value leave a negated element undecided', () => {
      const notOwn = { Resource: undefined, NotResource: own.Resource };
      expect(() => decide(notOwn, {}, 'arn:b/x/f')).toThrow(/NotResource with .* cannot be evaluated/);
      const notMe = { Condition: { StringNotEquals: { 'aws:k': '${aws:username}' } } };
      expect(() => decide(notMe, { 'aws:k': 'a' })).toThrow(/StringNotEquals with .* cannot be evaluated/);
    });

    test('match nothing without a value', () => {
      expect(decide(own, {}, 'arn:b//f')).toBe('implicitDeny');
    });
  });
});

describe('evaluateTrust', () => {
  const trust = (principal: PolicyStatementJson['Principal']) => ({
    Statement: [{ Effect: 'Allow' as const, Principal: principal, Action: 'sts:AssumeRole' }],
  });

  test('accepts the named service and no other', () => {
    const policyOfService = trust({ Service: 'bedrock-agentcore.amazonaws.com' });
    const assume = (service: string) => evaluateTrust(policyOfService, { service }, 'sts:AssumeRole').allowed;
    expect(assume('bedrock-agentcore.amazonaws.com')).toBe(true);
    expect(assume('ec2.amazonaws.com')).toBe(false);
  });

  test('takes the root of an account for every principal in it', () => {
    const policyOfAccount = trust({ AWS: 'arn:aws:iam::111122223333:root' });
    const assume = (aws: string) => evaluateTrust(policyOfAccount, { aws }, 'sts:AssumeRole').allowed;
    expect(assume('arn:aws:iam::111122223333:role/app')).toBe(true);
    expect(assume('arn:aws:iam::444455556666:role/app')).toBe(false);
  });

  test('takes a bare account for every principal in it, and a role for its sessions', () => {
    const session = 'arn:aws:sts::111122223333:assumed-role/app/session';
    const assume = (trusted: string) =>
      evaluateTrust(trust({ AWS: trusted }), { aws: session }, 'sts:AssumeRole').allowed;
    expect(assume('111122223333')).toBe(true);
    expect(assume('arn:aws:iam::111122223333:role/app')).toBe(true);
    expect(assume('arn:aws:iam::111122223333:role/other')).toBe(false);
    expect(assume('444455556666')).toBe(false);
  });

  test('lets a denial for everyone hold for services too', () => {
    const allow = trust({ Service: 'bedrock-agentcore.amazonaws.com' }).Statement;
    const deny = { Effect: 'Deny' as const, Principal: { AWS: '*' }, Action: 'sts:AssumeRole' };
    const verdict = evaluateTrust(
      { Statement: [...allow, deny] },
      { service: 'bedrock-agentcore.amazonaws.com' },
      'sts:AssumeRole',
    );
    expect(verdict.decision).toBe('explicitDeny');
  });

  test('accepts the named identity provider and no other, and nobody else in its place', () => {
    const policyOfProvider = trust({ Federated: 'cognito-identity.amazonaws.com' });
    const assume = (caller: Parameters<typeof evaluateTrust>[1]) =>
      evaluateTrust(policyOfProvider, caller, 'sts:AssumeRole').allowed;
    expect(assume({ federated: 'cognito-identity.amazonaws.com' })).toBe(true);
    expect(assume({ federated: 'accounts.google.com' })).toBe(false);
    expect(assume({ service: 'cognito-identity.amazonaws.com' })).toBe(false);
    expect(assume({ aws: 'arn:aws:iam::111122223333:role/app' })).toBe(false);
  });

  test('refuses an action that is not trusted', () => {
    expect(evaluateTrust(trust({ AWS: '*' }), { aws: 'arn:x' }, 'sts:TagSession').allowed).toBe(false);
  });
});
