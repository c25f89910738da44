import { ResolvedTemplate, rolePolicies } from '../../lib/testing';

const resolve = (value: unknown, template: object = {}) => new ResolvedTemplate(template).resolve(value);

describe('ResolvedTemplate', () => {
  test.each<[string, unknown, unknown]>([
    ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Partition' }]] }, 'a-aws'],
    ['Fn::Sub with a literal', { 'Fn::Sub': '${AWS::AccountId}/${!Kept}' }, '000000000000/${Kept}'],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${x}', { x: { Ref: 'AWS::Region' } }] }, 'us-east-1'],
    ['Fn::Select of Fn::Split', { 'Fn::Select': ['1', { 'Fn::Split': ['/', 'a/b'] }] }, 'b'],
    ['Fn::Base64', { 'Fn::Base64': 'a' }, 'YQ=='],
    ['nested values', { a: [{ Ref: 'AWS::Partition' }] }, { a: ['aws'] }],
    ['AWS::NoValue, which leaves the key out', { a: { Ref: 'AWS::NoValue' }, b: 1 }, { b: 1 }],
    [
      'a policy condition, which is no function',
      { Condition: { StringEquals: {} } },
      { Condition: { StringEquals: {} } },
    ],
  ])('resolves %s', (_, value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  test('resolves conditions, mappings and parameters', () => {
    const template = {
      Parameters: { Stage: { Default: 'prod' } },
      Mappings: { Sizes: { prod: { memory: '2048' } } },
      Conditions: {
        Production: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
        Other: { 'Fn::Not': [{ Condition: 'Production' }] },
      },
      Resources: { Kept: { Type: 'T', Condition: 'Production' }, Dropped: { Type: 'T', Condition: 'Other' } },
    };
    expect(resolve({ 'Fn::If': ['Production', 'yes', 'no'] }, template)).toBe('yes');
    expect(resolve({ 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'memory'] }, template)).toBe('2048');
    expect(new ResolvedTemplate(template).resources()).toEqual([{ logicalId: 'Kept', type: 'T' }]);
  });

  test('gives a resource one name in Ref, GetAtt and ARN', () => {
    const template = new ResolvedTemplate({
      Resources: {
        Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: { 'Fn::Sub': 'ws-${AWS::AccountId}' } } },
      },
    });
    expect(template.ref('Bucket')).toBe('ws-000000000000');
    expect(template.getAtt('Bucket', 'Arn')).toBe('arn:aws:s3:::ws-000000000000');
  });

  test('takes what another stack exports', () => {
    const producer = new ResolvedTemplate({
      Outputs: { Table: { Value: { 'Fn::Sub': 'table-${AWS::Region}' }, Export: { Name: 'shared-table' } } },
    });
    const consumer = new ResolvedTemplate({}, { imports: (name) => producer.exported(name) });
    expect(consumer.resolve({ 'Fn::ImportValue': 'shared-table' })).toBe('table-us-east-1');
    expect(() => consumer.resolve({ 'Fn::ImportValue': 'other' })).toThrow(/export "other" is not known/);
  });

  test('prefers the values it is given', () => {
    const template = new ResolvedTemplate(
      { Resources: { Thing: { Type: 'Custom::Thing' } } },
      { attribute: ({ logicalId }, attribute) => `${logicalId}.${attribute ?? 'Ref'}` },
    );
    expect(template.resolve([{ Ref: 'Thing' }, { 'Fn::GetAtt': ['Thing', 'A.B'] }])).toEqual([
      'Thing.Ref',
      'Thing.A.B',
    ]);
  });

  test.each<[string, unknown, RegExp]>([
    ['a function it does not know', { 'Fn::Cidr': 'x' }, /Fn::Cidr cannot be resolved/],
    ['an export it does not know', { 'Fn::ImportValue': 'x' }, /the export "x" is not known/],
    ['a parameter of Systems Manager', { Ref: 'Stored' }, /parameter "Stored" is read from AWS Systems Manager/],
    ['a reference to nothing', { Ref: 'Nothing' }, /no resource, parameter or pseudo parameter "Nothing"/],
    ['an attribute it does not know', { 'Fn::GetAtt': ['Queue', 'Arn'] }, /attribute Arn of Queue \(AWS::SQS::Queue\)/],
    ['a parameter without a value', { Ref: 'Needed' }, /parameter "Needed" has no default/],
    ['a condition that is not there', { 'Fn::If': ['None', 1, 2] }, /no condition "None"/],
  ])('fails on %s', (_, value, message) => {
    const template = {
      Resources: { Queue: { Type: 'AWS::SQS::Queue' } },
      Parameters: {
        Needed: { Type: 'String' },
        Stored: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/my/arn' },
      },
    };
    expect(() => resolve(value, template)).toThrow(message);
  });
});

describe('rolePolicies', () => {
  const document = (action: string) => ({ Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] });
  const template = (role: object) =>
    new ResolvedTemplate({
      Resources: {
        Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: document('sts:AssumeRole'), ...role } },
        Attached: {
          Type: 'AWS::IAM::Policy',
          Properties: { Roles: [{ Ref: 'Role' }], PolicyDocument: document('a:A') },
        },
        Managed: {
          Type: 'AWS::IAM::ManagedPolicy',
          Properties: { Roles: [{ Ref: 'Role' }], PolicyDocument: document('b:B') },
        },
        Boundary: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: document('c:C') } },
      },
    });

  test('collects inline, attached and managed policies and the boundary', () => {
    const policies = rolePolicies(
      template({ Policies: [{ PolicyDocument: document('d:D') }], PermissionsBoundary: { Ref: 'Boundary' } }),
      'Role',
    );
    expect(policies.identityPolicies.map((policy) => policy.Statement[0]?.Action).sort()).toEqual([
      'a:A',
      'b:B',
      'd:D',
    ]);
    expect(policies.permissionsBoundary?.Statement[0]?.Action).toBe('c:C');
  });

  test('collects a policy that is a resource of its own and names the role', () => {
    const deny = new ResolvedTemplate({
      Resources: {
        Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: document('sts:AssumeRole') } },
        Deny: {
          Type: 'AWS::IAM::RolePolicy',
          Properties: { RoleName: { Ref: 'Role' }, PolicyName: 'deny', PolicyDocument: document('e:E') },
        },
      },
    });
    expect(rolePolicies(deny, 'Role').identityPolicies.map((policy) => policy.Statement[0]?.Action)).toEqual(['e:E']);
  });

  test('leaves alone what does not concern the role, even where it cannot be resolved', () => {
    const unknown = { 'Fn::GetAtt': ['Queue', 'Arn'] };
    const beside = new ResolvedTemplate({
      Resources: {
        Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: document('sts:AssumeRole') } },
        Other: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: unknown } },
        Queue: { Type: 'AWS::SQS::Queue' },
        OfOther: { Type: 'AWS::IAM::Policy', Properties: { Roles: [{ Ref: 'Other' }], PolicyDocument: unknown } },
        Managed: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: unknown } },
      },
    });
    expect(rolePolicies(beside, 'Role').identityPolicies).toEqual([]);
  });

  test('fails on variables in a policy of the version that knows none', () => {
    const old = template({
      Policies: [{ PolicyDocument: { Version: '2008-10-17', ...document('a:A'), Id: '${aws:username}' } }],
    });
    expect(() => rolePolicies(old, 'Role')).not.toThrow();
    const withVariable = { Statement: [{ Effect: 'Allow', Action: 'a:A', Resource: 'arn:${aws:username}' }] };
    expect(() => rolePolicies(template({ Policies: [{ PolicyDocument: withVariable }] }), 'Role')).toThrow(
      /policy variables, which mean nothing in version 2008-10-17/,
    );
  });

  test('fails on a managed policy whose content it cannot see', () => {
    const aws = template({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] });
    expect(() => rolePolicies(aws, 'Role')).toThrow(/AdministratorAccess, whose content is not in the template/);
  });

  test('fails on a role that is not there, and on a document that is none', () => {
    expect(() => rolePolicies(template({}), 'Other')).toThrow(/no role "Other"/);
    expect(() => rolePolicies(template({ AssumeRolePolicyDocument: 'x' }), 'Role')).toThrow(
      /not a policy document: "x"/,
    );
  });
});
