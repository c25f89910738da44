import { GatewayPolicy } from '../../lib/gateway/gateway-policy';
import { GatewayCondition } from '../../lib/gateway/policy-condition';
import { GatewayPrincipal } from '../../lib/gateway/policy-principal';
import { authorizeToolCall, listableTools, type ToolCaller } from '../../lib/testing';
import { cedar, deployedGateway, policedGateway, REFUND, TOOLS } from './support/policed-gateway';

const manager: ToolCaller = { user: 'alice', claims: { role: 'manager' } };
const support: ToolCaller = { user: 'bob', claims: { role: 'support' } };
const nobody: ToolCaller = { user: 'eve' };
const input = (more: Record<string, unknown> = {}) => ({ amount: 100, orderId: 'o-1', ...more });

/** Decides by the policies that the synthesized stack deploys. */
function decisionsOf(...policies: GatewayPolicy[]) {
  const gateway = deployedGateway(policedGateway(policies).stack);
  return {
    decide: (principal: ToolCaller, fields: Record<string, unknown> = input(), action: string = REFUND) =>
      authorizeToolCall({ ...gateway, principal, action, input: fields }),
    listed: (principal: ToolCaller) => listableTools({ ...gateway, principal }),
  };
}

/** Lists of made-up groups, half of them with `group`, from what could pretend to be it in JSON. */
function hostileLists(group: string): string[][] {
  const parts = [group, '"', '\\', ',', ', ', '[', ']', ' ', 'x', '\n', 'é', '{', ':', '*'];
  let state = 42;
  const below = (limit: number) => (state = (state * 48_271) % 2_147_483_647) % limit;
  const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make);
  const name = () => times(1 + below(6), () => parts[below(parts.length)]).join('');
  return times(400, () => times(below(4), () => (below(4) === 0 ? group : name())));
}

const { input: field, not, anyOf } = GatewayCondition;
const permit = (...when: GatewayCondition[]) =>
  GatewayPolicy.permit({ name: 'refunds', acceptFindings: true, tools: [REFUND], when });

describe('the policies of a synthesized gateway', () => {
  const { decide, listed } = decisionsOf(
    GatewayPolicy.permit({
      name: 'refunds_of_managers',
      principal: GatewayPrincipal.users().withClaim('role', 'manager', 'director'),
      tools: [REFUND],
      when: [field('amount').atMost(1000)],
    }),
    GatewayPolicy.permit({ name: 'time_for_all', targets: ['time'], acceptFindings: true }),
    GatewayPolicy.forbid({ name: 'not_eve', principal: GatewayPrincipal.user('eve'), tools: ['time___get_time'] }),
  );

  test('refuse a user without the claim', () => {
    expect(decide(nobody)).toEqual({ allowed: false, determining: [], errors: [] });
    expect(decide(support).allowed).toBe(false);
  });

  test('let a user with the claim call the tool', () => {
    const { allowed, determining, errors } = decide(manager);
    expect(allowed).toBe(true);
    expect(determining).toEqual([expect.stringMatching(/^refunds_of_managers_/)]);
    expect(errors).toEqual([]);
  });

  test.each([
    [1000, true],
    [1001, false],
    [-5, true],
  ])('with a limit of 1000, decide an amount of %d as %s', (amount, allowed) => {
    expect(decide(manager, input({ amount })).allowed).toBe(allowed);
  });

  test('refuse a tool that no policy permits', () => {
    expect(decide(manager, { orderId: 'o-1' }, 'Refunds___list_refunds').allowed).toBe(false);
  });

  test('let a forbid win over a permit', () => {
    expect(decide(manager, { zone: 'UTC' }, 'time___get_time').allowed).toBe(true);
    const { allowed, determining } = decide(nobody, { zone: 'UTC' }, 'time___get_time');
    expect(allowed).toBe(false);
    expect(determining).toEqual([expect.stringMatching(/^not_eve_/)]);
  });

  test('show each caller the tools of which a call may be allowed', () => {
    expect(listed(manager)).toEqual([REFUND, 'time___get_time']);
    expect(listed(support)).toEqual(['time___get_time']);
    expect(listed(nobody)).toEqual([]);
  });

  test.each([
    ['a tool that is not there', { action: 'Refunds___nothing' }],
    ['an input of another type', { input: input({ amount: '100' }) }],
    ['an input without a required field', { input: { amount: 1 } }],
    ['null where a text belongs', { input: input({ orderId: null }) }],
  ])('allow nothing for %s', (_, wrong) => {
    const gateway = deployedGateway(policedGateway([permit()]).stack);
    const call = { ...gateway, principal: manager, action: REFUND, input: input() };
    expect(authorizeToolCall(call).allowed).toBe(true);
    const { allowed, errors } = authorizeToolCall({ ...call, ...wrong });
    expect(allowed).toBe(false);
    expect(errors).toHaveLength(1);
  });

  test('do not see fields that the tool does not have', () => {
    expect(decide(manager, input({ admin: true })).allowed).toBe(true);
  });

  test('apply to their own gateway only', () => {
    const gateway = { ...deployedGateway(policedGateway([permit()]).stack), principal: manager };
    const call = { ...gateway, action: REFUND, input: input() };
    expect(authorizeToolCall(call).allowed).toBe(true);
    expect(authorizeToolCall({ ...call, gatewayArn: 'arn:aws:other' }).allowed).toBe(false);
  });

  test.each([
    ['a forbid', permit(), 'forbid(principal, action, resource) when { principal.nosuch };', true],
    [
      'a permit',
      permit(field('amount').below(0)),
      'permit(principal, action, resource) when { principal.nosuch };',
      false,
    ],
  ])('do not count %s that cannot be evaluated, and give its error', (_, sound, broken, allowed) => {
    const call = { principal: manager, action: REFUND, input: input() };
    const gateway = deployedGateway(policedGateway([sound]).stack);
    const policies = { ...gateway.policies, broken };
    const verdict = authorizeToolCall({ ...gateway, ...call, policies });
    expect(verdict.allowed).toBe(allowed);
    expect(verdict.determining).toHaveLength(allowed ? 1 : 0);
    expect(verdict.errors).toEqual([expect.stringContaining('broken: ')]);
  });
});

describe('conditions', () => {
  test.each<[string, GatewayCondition, Record<string, unknown>, Record<string, unknown>]>([
    ['equals text', field('orderId').equals('o-1'), input(), input({ orderId: 'o-2' })],
    ['equals a quote', field('orderId').equals('a"b\\c\n'), input({ orderId: 'a"b\\c\n' }), input()],
    ['equals an integer', field('amount').equals(100), input(), input({ amount: 99 })],
    ['equals a boolean', field('urgent').equals(true), input({ urgent: true }), input({ urgent: false })],
    ['equals a number', field('price').equals(9.99), input({ price: 9.99 }), input({ price: 10 })],
    ['one of texts', field('orderId').oneOf('o-1', 'o-3'), input(), input({ orderId: 'o-2' })],
    ['one of integers', field('amount').oneOf(100, 200), input(), input({ amount: 150 })],
    ['one of numbers', field('price').oneOf(1, 2.5), input({ price: 2.5 }), input({ price: 2 })],
    ['below an integer', field('amount').below(101), input(), input({ amount: 101 })],
    ['above an integer', field('amount').above(99), input(), input({ amount: 99 })],
    ['at least an integer', field('amount').atLeast(100), input(), input({ amount: 99 })],
    ['at most a number', field('price').atMost(10), input({ price: 10 }), input({ price: 10.0001 })],
    ['below a number', field('price').below(10), input({ price: 9.9999 }), input({ price: 10 })],
    ['above a number', field('price').above(1.5), input({ price: 1.5001 }), input({ price: 1.5 })],
    ['at least a number', field('price').atLeast(-1.5), input({ price: -1.5 }), input({ price: -1.6 })],
    ['like a pattern', field('orderId').like('o-*'), input(), input({ orderId: 'x-1' })],
    ['an array with it', field('labels').contains('vip'), input({ labels: ['a', 'vip'] }), input({ labels: ['a'] })],
    ['a field that is given', field('price').isGiven(), input({ price: 1 }), input()],
    ['a field that is not given', not(field('price').isGiven()), input(), input({ price: 1 })],
    ['a field that may be missing', field('price').atMost(10), input({ price: 1 }), input()],
    [
      'a field of an object',
      field('address', 'country').equals('NO'),
      input({ address: { country: 'NO' } }),
      input({ address: { country: 'SE' } }),
    ],
    [
      'a field with a hyphen in its name',
      field('cost-center').equals('7'),
      input({ 'cost-center': '7' }),
      input({ 'cost-center': '8' }),
    ],
    [
      'any of two',
      anyOf(field('amount').below(50), field('urgent').equals(true)),
      input({ urgent: true }),
      input({ urgent: false }),
    ],
  ])('tell %s from what is not', (_, condition, met, missed) => {
    const { decide } = decisionsOf(permit(condition));
    expect(decide(nobody, met)).toMatchObject({ allowed: true, errors: [] });
    expect(decide(nobody, missed)).toMatchObject({ allowed: false, errors: [] });
  });

  test('must all hold', () => {
    const { decide } = decisionsOf(permit(field('amount').below(200), field('urgent').equals(true)));
    expect(decide(nobody, input({ urgent: true })).allowed).toBe(true);
    expect(decide(nobody, input({ amount: 300, urgent: true })).allowed).toBe(false);
    expect(decide(nobody).allowed).toBe(false);
  });

  test('cut off what a number has beyond the fourth digit after the point', () => {
    const { decide } = decisionsOf(permit(field('price').equals(0.1234)));
    expect(decide(nobody, input({ price: 0.12349 })).allowed).toBe(true);
  });
});

describe('principals', () => {
  test('are users whose claim has one of several values', () => {
    const { decide } = decisionsOf(
      GatewayPolicy.permit({
        name: 'refunds',
        principal: GatewayPrincipal.users().withClaim('role', 'manager').withClaimLike('scope', '*refunds*'),
        tools: [REFUND],
      }),
    );
    expect(decide({ user: 'a', claims: { role: 'manager', scope: 'openid refunds' } }).allowed).toBe(true);
    expect(decide({ user: 'a', claims: { role: 'manager', scope: 'openid' } }).allowed).toBe(false);
    expect(decide({ user: 'a', claims: { scope: 'refunds' } }).allowed).toBe(false);
  });

  test('are users with one of several groups, by its whole name', () => {
    const { decide } = decisionsOf(
      GatewayPolicy.permit({
        name: 'refunds',
        principal: GatewayPrincipal.users().withClaimIncluding('cognito:groups', 'support', 'a*b'),
        tools: [REFUND],
      }),
    );
    const inGroups = (...groups: string[]) => decide({ user: 'a', claims: { 'cognito:groups': groups } }).allowed;
    expect(inGroups('other', 'support')).toBe(true);
    expect(inGroups('a*b')).toBe(true);
    expect(inGroups('support-trainees')).toBe(false);
    expect(inGroups('first-support')).toBe(false);
    expect(inGroups('axb')).toBe(false);
    expect(inGroups()).toBe(false);
    expect(decide(nobody).allowed).toBe(false);
  });

  test.each([
    ['compact', (groups: readonly string[]) => JSON.stringify(groups)],
    ['spaced', (groups: readonly string[]) => `[${groups.map((group) => JSON.stringify(group)).join(', ')}]`],
  ])('are in a group when the list has it, whatever else the list has, in %s JSON', (_, json) => {
    const { decide } = decisionsOf(
      GatewayPolicy.permit({
        name: 'refunds',
        principal: GatewayPrincipal.users().withClaimIncluding('cognito:groups', 'buyers'),
        tools: [REFUND],
      }),
    );
    const wrong = hostileLists('buyers').filter((groups) => {
      const { allowed } = decide({ user: 'a', claims: { 'cognito:groups': json(groups) } });
      return allowed !== groups.includes('buyers');
    });
    expect(wrong).toEqual([]);
  });

  test.each(['', 'a"b', 'a\\b', 'a,b', '[a', 'a]', '<a>', 'a&b', 'Käufer', 'a\nb'])(
    'are not told by %j in a list, which JSON could hide',
    (group) => {
      expect(() => GatewayPrincipal.users().withClaimIncluding('cognito:groups', 'fine', group)).toThrow(
        `GatewayPrincipal: claim "cognito:groups" is asked for ${JSON.stringify(group)}, which cannot be told apart in the JSON of a list; give`,
      );
    },
  );

  test('cannot be told by one group, which a list is never equal to', () => {
    expect(() => GatewayPrincipal.users().withClaim('cognito:groups', 'support')).toThrow(
      'GatewayPrincipal: claim "cognito:groups" is a list, which no single value is equal to, so that the policy would never apply; ask for it with withClaimIncluding',
    );
  });

  test('are IAM principals by the pattern of their ARN', () => {
    const policy = GatewayPolicy.permit({
      name: 'refunds',
      principal: GatewayPrincipal.iamLike('arn:aws:sts::111122223333:assumed-role/Agent-*'),
      tools: [REFUND],
    });
    const { stack } = policedGateway([policy], { callers: 'iam' });
    const decide = (iam: string) =>
      authorizeToolCall({ ...deployedGateway(stack), principal: { iam }, action: REFUND, input: input() }).allowed;
    expect(decide('arn:aws:sts::111122223333:assumed-role/Agent-1/session')).toBe(true);
    expect(decide('arn:aws:sts::444455556666:assumed-role/Agent-1/session')).toBe(false);
  });

  test('are of the kind that the gateway is called by when none are named', () => {
    const { stack } = policedGateway([permit()], { callers: 'iam' });
    const call = { ...deployedGateway(stack), action: REFUND, input: input() };
    expect(authorizeToolCall({ ...call, principal: { iam: 'arn:aws:sts::1:assumed-role/a' } }).allowed).toBe(true);
    expect(authorizeToolCall({ ...call, principal: manager }).allowed).toBe(false);
  });

  test('that sign their calls have no claims to ask for', () => {
    expect(() => GatewayPrincipal.iam().withClaim('role', 'manager')).toThrow(
      'claim "role" is asked of IAM principals, which bring no token',
    );
  });
});

test('every tool, all tools of a target and single ones are told apart', () => {
  const action = (list: Partial<Parameters<typeof GatewayPolicy.permit>[0]>) =>
    decisionsOf(GatewayPolicy.permit({ name: 'p', acceptFindings: true, ...list })).listed(nobody);
  expect(action({})).toEqual([REFUND, 'Refunds___list_refunds', 'time___get_time']);
  expect(action({ targets: ['Refunds'] })).toEqual([REFUND, 'Refunds___list_refunds']);
  expect(action({ tools: ['Refunds___list_refunds'] })).toEqual(['Refunds___list_refunds']);
  expect(action({ tools: ['Refunds___list_refunds'], targets: ['time'] })).toEqual([
    'Refunds___list_refunds',
    'time___get_time',
  ]);
});

test.each(['constructor', 'toString'])('a target named %s is like any other', (target) => {
  const tools = [...TOOLS, { ...TOOLS[2], target }];
  const policy = GatewayPolicy.permit({ name: 'p', acceptFindings: true, targets: [target] });
  const gateway = { ...deployedGateway(policedGateway([policy], { tools }).stack), tools, principal: nobody };
  const decide = (action: string) => authorizeToolCall({ ...gateway, action, input: {} });
  expect(decide(`${target}___get_time`)).toMatchObject({ allowed: true, errors: [] });
  expect(decide('time___get_time')).toMatchObject({ allowed: false, errors: [] });
  expect(listableTools(gateway)).toEqual([`${target}___get_time`]);
});

test('a Cedar text decides as a typed statement does', () => {
  const { decide } = decisionsOf(GatewayPolicy.fromCedar(cedar('context.input.amount < 500'), { name: 'small' }));
  expect(decide(nobody, input({ amount: 499 })).allowed).toBe(true);
  expect(decide(nobody, input({ amount: 500 })).allowed).toBe(false);
});
