import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { GatewayPolicy } from '../../lib/gateway/gateway-policy';
import { GatewayCondition } from '../../lib/gateway/policy-condition';
import { GatewayPrincipal } from '../../lib/gateway/policy-principal';
import type { GatewayToolSpec } from '../../lib/gateway/gateway-tool-spec';
import type { PolicyScope } from '../../lib/gateway/policy-source';
import { testStack } from '../support/stack';
import { cedar, policiesOf, REFUND, TOOLS } from './support/policed-gateway';

const { input: field } = GatewayCondition;
const written = (text: string) => GatewayPolicy.fromCedar(text, { name: 'p' });
const when = (condition: string) => written(cedar(condition));
const scope = (principal: string, action = 'action', resource = 'resource') =>
  written(`permit (${principal}, ${action}, ${resource}) when { true };`);
const typed = (...conditions: GatewayCondition[]) =>
  GatewayPolicy.permit({ name: 'p', tools: [REFUND], when: conditions });
const GATEWAY = 'resource == AgentCore::Gateway::"{{gatewayArn}}"';

/** A policy of so many characters, the name of the placeholder included. */
const ofLength = (length: number) => {
  const text = (id: string) => cedar(`context.input.orderId == "${id}"`);
  return written(text('x'.repeat(length - text('').length)));
};

/** The error of the synthesis, without the path of the construct. */
function errorOf(policies: GatewayPolicy[], more: Partial<PolicyScope> = {}): string {
  try {
    policiesOf(policies, more);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing is wrong';
}

test.each<[string, GatewayPolicy, RegExp]>([
  [
    'a tool that is not there',
    written(cedar('true', '== AgentCore::Action::"Refunds___proces_refund"')),
    /^Test\/Policies: policy "p" names the tool "Refunds___proces_refund", which the gateway does not have; it has Refunds___process_refund, Refunds___list_refunds, time___get_time; did you mean "Refunds___process_refund"\?$/,
  ],
  [
    'a tool that is not there, in TypeScript',
    GatewayPolicy.permit({ name: 'p', tools: ['Payments___pay'] }),
    /policy "p" names the tool "Payments___pay", which the gateway does not have; it has .*time___get_time$/,
  ],
  [
    'two underscores',
    written(cedar('true', '== AgentCore::Action::"Refunds__process_refund"')),
    /joined by three underscores; did you mean "Refunds___process_refund"\?$/,
  ],
  [
    'a tool of a list that is not there',
    written(cedar('true', `in [AgentCore::Action::"${REFUND}", AgentCore::Action::"Nope"]`)),
    /names the tool "Nope"/,
  ],
  [
    'a target that is not there',
    GatewayPolicy.permit({ name: 'p', targets: ['Refund'], when: [] }),
    /names the tool "Refund", .*did you mean "Refunds"\?/,
  ],
  ['a tool that is not there, in a condition', when('action == AgentCore::Action::"Nope"'), /names the tool "Nope"/],
  [
    'an unknown field',
    when('context.input.amout < 5'),
    /attribute `input.amout` in context .* not found; did you mean `amount`\?/,
  ],
  [
    'an unknown field, in TypeScript',
    typed(field('amout').below(5)),
    /policy "p": input field "amout" is not one of Refunds___process_refund, which has amount, price, .*; did you mean "amount"\?/,
  ],
  [
    'an unknown field of an object',
    typed(field('address', 'town').equals('a')),
    /input field "address.town" is not one of/,
  ],
  [
    'a field of what is no object',
    typed(field('amount', 'eur').equals(1)),
    /"amount.eur" is not one of .* which has none/,
  ],
  [
    'a field that one of two tools has not',
    GatewayPolicy.permit({ name: 'p', targets: ['Refunds'], when: [field('amount').below(1)] }),
    /"amount" is not one of Refunds___list_refunds/,
  ],
  [
    'another type',
    when('context.input.amount == "5"'),
    /policy "p" is wrong \(the text, line 6\): the types Long and String are not compatible/,
  ],
  ['another type, in TypeScript', typed(field('amount').like('5*')), /expected String but saw Long/],
  [
    'a fraction for an integer',
    typed(field('amount').below(1.5)),
    /"amount" is an integer, and 1.5 is none; give a whole number/,
  ],
  ['an integer too large', typed(field('amount').below(1e300)), /"amount" is an integer, and 1e\+300 is none/],
  [
    'five digits after the point',
    typed(field('price').below(1.23456)),
    /"price" is a number, and 1.23456 is not one that Cedar can/,
  ],
  [
    'a limit for a number',
    when('context.input has price && context.input.price < 5'),
    /expected Long but saw decimal; an input field of type number is a decimal in Cedar: declare it integer, or write .lessThan\(decimal/,
  ],
  [
    'an optional field without a question whether it is there',
    when('context.input.urgent'),
    /unable to guarantee safety of access to optional attribute .*`context.input has urgent && ..`/,
  ],
  [
    'a claim without a question whether it is there',
    when('principal.getTag("role") == "manager"'),
    /unable to guarantee safety of access to tag .*`.hasTag\("role"\) && ..`/,
  ],
  [
    'an attribute that users do not have',
    when('principal.role == "manager"'),
    /attribute `role` on entity type `AgentCore::OAuthUser` not found/,
  ],
  ['something beside the input', when('context.sourceIp == "::1"'), /attribute `sourceIp` .* not found/],
  [
    'IAM principals at a gateway for users',
    scope('principal is AgentCore::IamEntity'),
    /policy "p" is about AgentCore::IamEntity, and this gateway is called by AgentCore::OAuthUser only/,
  ],
  [
    'IAM principals, in TypeScript',
    GatewayPolicy.permit({ name: 'p', principal: GatewayPrincipal.iam() }),
    /is about AgentCore::IamEntity/,
  ],
  ['another namespace', scope('principal is User'), /unrecognized entity type `User`/],
  [
    'another namespace with an id',
    scope('principal == My::User::"a"'),
    /names My::User, which gateways do not know; they know AgentCore::OAuthUser/,
  ],
  [
    'a tool without a gateway',
    scope('principal', `action == AgentCore::Action::"${REFUND}"`),
    /names tools and no gateway, which AgentCore refuses; write resource ==/,
  ],
  [
    'a tool at any gateway',
    scope('principal', `action == AgentCore::Action::"${REFUND}"`, 'resource is AgentCore::Gateway'),
    /names tools and no gateway/,
  ],
  [
    'another gateway',
    scope('principal', 'action', 'resource == AgentCore::Gateway::"arn:aws:gateway/other"'),
    /names the gateway "arn:aws:gateway\/other"; write "\{\{gatewayArn\}\}"/,
  ],
  [
    'an expression that is none',
    when('context.input.amount <'),
    /policy "p" is wrong \(the text, line 6\): unexpected token/,
  ],
  [
    'a fraction without decimal',
    when('context.input.amount < 1.5'),
    /policy "p" is wrong \(the text, line 6\): unexpected token `5`/,
  ],
  ['a template', scope('principal == ?principal'), /template/],
  [
    'a name with a hyphen',
    GatewayPolicy.permit({ name: 'my-policy' }),
    /policy "my-policy" has no valid name: a letter, then/,
  ],
  ['a name that objects have', GatewayPolicy.permit({ name: 'constructor' }), /"constructor" has a name that every/],
  ['a name too long', GatewayPolicy.permit({ name: 'p'.repeat(40) }), /has no valid name/],
  [
    'a description too long',
    GatewayPolicy.permit({ name: 'p', description: 'd'.repeat(4097) }),
    /a description of 4097 characters; AgentCore allows 4096/,
  ],
  [
    'a text too long',
    when(`"${'x'.repeat(10_000)}" == "x"`),
    /is 10\d{3} characters long with an ARN for \{\{gatewayArn\}\}; AgentCore allows 10000: split it/,
  ],
  [
    'a text too long with the ARN of the gateway',
    ofLength(10_000),
    /is 101\d\d characters long with an ARN for \{\{gatewayArn\}\}; AgentCore allows 10000/,
  ],
  [
    'every tool among targets',
    GatewayPolicy.permit({ name: 'p', targets: ['CallTool'] }),
    /policy "p": targets has "CallTool", which stands for every tool; leave tools and targets out if all are meant/,
  ],
  ['everything among tools', GatewayPolicy.forbid({ name: 'p', tools: ['Mcp', REFUND] }), /tools has "Mcp", which/],
  [
    'no tools',
    GatewayPolicy.permit({ name: 'p', tools: [] }),
    /policy "p": tools is empty, which says neither that all nor that none/,
  ],
  ['no targets', GatewayPolicy.forbid({ name: 'p', targets: [] }), /policy "p": targets is empty/],
])('a policy with %s fails the synthesis', (_, policy, message) => {
  expect(errorOf([policy])).toMatch(message);
});

test('a policy may be as long as AgentCore takes it, with the longest ARN that a gateway can have', () => {
  const arn = `arn:aws-us-gov:bedrock-agentcore:ap-southeast-1:111122223333:gateway/${'g'.repeat(48)}-0123456789`;
  const longest = 10_000 - arn.length + '{{gatewayArn}}'.length;
  expect(errorOf([ofLength(longest)])).toBe('nothing is wrong');
  expect(errorOf([ofLength(longest + 1)])).toContain('policy "p" is 10001 characters long');
});

test('everything that is wrong is told at once', () => {
  const error = errorOf([
    when('context.input.amout < 5'),
    GatewayPolicy.permit({ name: 'q', tools: ['Nope'] }),
    GatewayPolicy.permit({ name: 'P' }),
  ]);
  expect(error.split('\n')).toEqual([
    'Test/Policies:',
    '  - policy "P" is given twice; give each a name of its own',
    expect.stringContaining('policy "q" names the tool "Nope"'),
    expect.stringContaining('policy "p" is wrong (the text, line 6): attribute `input.amout`'),
  ]);
});

test('a gateway for IAM principals has no users and no claims', () => {
  const error = (policy: GatewayPolicy) => errorOf([policy], { callers: 'iam' });
  expect(error(when('true'))).toContain(
    'is about AgentCore::OAuthUser, and this gateway is called by AgentCore::IamEntity',
  );
  expect(error(scope('principal is AgentCore::IamEntity', 'action', GATEWAY))).toBe('nothing is wrong');
  const claim = 'permit (principal is AgentCore::IamEntity, action, resource) when { principal.hasTag("role") };';
  const stack = testStack();
  policiesOf([written(claim)], { callers: 'iam' }, stack);
  Annotations.fromStack(stack).hasWarning('/Test/Policies', Match.stringLikeRegexp('no call can meet "p"'));
});

test('no policies are not the same as none', () => {
  expect(errorOf([])).toContain('policies is empty, and a gateway with an engine and no policy denies every call');
});

test('a field of different types in two tools needs a policy for each', () => {
  const other: GatewayToolSpec = {
    ...TOOLS[1],
    inputSchema: { type: 'object', properties: { amount: { type: 'string' } } },
  };
  const policy = GatewayPolicy.permit({ name: 'p', targets: ['Refunds'], when: [field('amount').isGiven()] });
  expect(errorOf([policy], { tools: [TOOLS[0], other] })).toContain(
    'input field "amount" is of type integer in Refunds___process_refund and of type string in Refunds___list_refunds; write a policy for each',
  );
});

test('a long list of tools is cut', () => {
  const tools = Array.from({ length: 12 }, (_, index) => ({ ...TOOLS[2], target: `t${index}` }));
  expect(errorOf([GatewayPolicy.permit({ name: 'p', tools: ['x'] })], { tools })).toMatch(/t9___get_time and 2 more$/);
});

describe('a target whose tools only the service knows', () => {
  const open = { openTargets: [{ name: 'crm' }] };

  test.each(['crm___find_customer', 'crm'])('can be named in a policy as %s', (name) => {
    const stack = testStack();
    const policy = written(cedar('context.input.anything == 5', `in [AgentCore::Action::"${name}"]`));
    policiesOf([policy], open, stack);
    Annotations.fromStack(stack).hasInfo('/Test/Policies', Match.stringLikeRegexp('only the syntax of "p" is checked'));
  });

  test('still has its policies read as Cedar', () => {
    const policy = written(cedar('context.input.', '== AgentCore::Action::"crm___find"'));
    expect(errorOf([policy], open)).toContain('policy "p" is wrong (the text, line 6)');
  });

  test('is suggested for a name that is nearly its own', () => {
    expect(errorOf([written(cedar('true', '== AgentCore::Action::"cm"'))], open)).toMatch(/did you mean "crm"\?$/);
  });

  test('lends its name to no other', () => {
    expect(errorOf([written(cedar('true', '== AgentCore::Action::"crmx___find"'))], open)).toContain('crm___…');
  });

  test('takes numbers as they are written', () => {
    const policy = GatewayPolicy.permit({
      name: 'p',
      tools: ['crm___find'],
      when: [field('score').atLeast(0.5), field('count').below(5)],
    });
    const [{ statement } = { statement: undefined }] = policy.write({
      callers: 'user',
      tools: TOOLS,
      ...open,
    }).policies;
    expect(statement?.text).toContain('context.input.score.greaterThanOrEqual(decimal("0.5"))');
    expect(statement?.text).toContain('context.input.count < 5');
  });
});

describe('warnings', () => {
  const warned = (policies: GatewayPolicy[], more: Partial<PolicyScope> = {}) => {
    const stack = testStack();
    policiesOf(policies, more, stack);
    return Annotations.fromStack(stack)
      .findWarning('/Test/Policies', Match.anyValue())
      .map(({ entry }) => /\[ack: cdk-agentcore-constructs:(\w+)\]/.exec(String(entry.data))?.[1]);
  };
  const sound = () => when('context.input.amount < 5');

  test('are not given for what is sound', () => {
    expect(warned([sound()])).toEqual([]);
  });

  test.each<[string, string, GatewayPolicy]>([
    ['a policy that no call can meet', 'unreachablePolicy', GatewayPolicy.fromCedar(cedar('false'), { name: 'q' })],
    [
      'a question for a field that no tool has',
      'unreachablePolicy',
      GatewayPolicy.fromCedar(cedar('context.input has nope && context.input.nope'), { name: 'q' }),
    ],
    ['a policy without a condition', 'unconditionalPolicy', GatewayPolicy.permit({ name: 'q', tools: [REFUND] })],
    [
      'a principal that is left open',
      'anyPrincipal',
      GatewayPolicy.fromCedar('forbid (principal, action, resource) when { context has input };', { name: 'q' }),
    ],
  ])('tell of %s', (_, id, policy) => {
    expect(warned([sound(), policy])).toEqual([id]);
  });

  test('are not given for findings that are accepted', () => {
    const stop = 'forbid (principal, action, resource);';
    expect(warned([sound(), GatewayPolicy.fromCedar(stop, { name: 'stop' })])).toEqual([
      'unconditionalPolicy',
      'anyPrincipal',
    ]);
    expect(warned([sound(), GatewayPolicy.fromCedar(stop, { name: 'stop', acceptFindings: true })])).toEqual([]);
    expect(warned([sound(), GatewayPolicy.fromCedar(`@id("stop") @acceptFindings("until Monday") ${stop}`)])).toEqual(
      [],
    );
  });

  test('are not given for a policy of one user', () => {
    const one = GatewayPolicy.permit({ name: 'q', principal: GatewayPrincipal.user('alice'), tools: [REFUND] });
    expect(warned([one])).toEqual([]);
  });

  test('tell of a gateway on which nothing is permitted', () => {
    const never = GatewayPolicy.forbid({ name: 'q', tools: [REFUND], when: [field('amount').above(5)] });
    expect(warned([never])).toEqual(['nothingPermitted']);
  });

  test('take the place of errors where the service does not say how it reads a schema', () => {
    const tools = [{ ...TOOLS[2], inputSchema: { type: 'object', properties: { any: { type: 'object' } } } }] as const;
    const policy = GatewayPolicy.fromCedar(
      cedar('context.input has any && context.input.any.deep == 1', '== AgentCore::Action::"time___get_time"'),
      { name: 'q' },
    );
    expect(warned([policy], { tools })).toEqual(['doubtfulPolicy']);
  });
});

describe('without the Cedar engine', () => {
  const load = () => {
    let modules: { readonly policiesOf: typeof policiesOf; readonly policy: typeof GatewayPolicy } | undefined;
    jest.isolateModules(() => {
      jest.doMock('@cedar-policy/cedar-wasm/nodejs', () => {
        throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
      });
      /* eslint-disable @typescript-eslint/no-require-imports -- loaded anew, without the package */
      modules = {
        policiesOf: (require('./support/policed-gateway') as { policiesOf: typeof policiesOf }).policiesOf,
        policy: (require('../../lib/gateway/gateway-policy') as { GatewayPolicy: typeof GatewayPolicy }).GatewayPolicy,
      };
      /* eslint-enable @typescript-eslint/no-require-imports */
    });
    if (modules === undefined) throw new Error('nothing was loaded');
    return modules;
  };
  afterEach(() => jest.dontMock('@cedar-policy/cedar-wasm/nodejs'));

  test('a policy is taken unchecked, with a warning that names the package', () => {
    const { policiesOf: make, policy } = load();
    const stack = testStack();
    make([policy.fromCedar(cedar('context.input.nope'), { name: 'p' })], {}, stack);
    Annotations.fromStack(stack).hasWarning(
      '/Test/Policies',
      Match.stringLikeRegexp('npm install --save-dev @cedar-policy/cedar-wasm'),
    );
  });

  test('names of tools and fields are checked all the same', () => {
    const { policiesOf: make, policy } = load();
    expect(() => make([policy.permit({ name: 'p', tools: ['Nope'] })])).toThrow('names the tool "Nope"');
    expect(() => make([policy.permit({ name: 'p', when: [field('nope').isGiven()] })])).toThrow('input field "nope"');
  });

  test('a failure of the package itself is not hidden', () => {
    jest.isolateModules(() => {
      jest.doMock('@cedar-policy/cedar-wasm/nodejs', () => {
        throw new Error('WebAssembly is not supported');
      });
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded anew, with the package broken
      const { policiesOf: make } = require('./support/policed-gateway') as { policiesOf: typeof policiesOf };
      expect(() => make([when('true')])).toThrow('WebAssembly is not supported');
    });
  });
});
