import { App, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { GatewayPolicy } from '../../lib/gateway/gateway-policy';
import { GatewayCondition } from '../../lib/gateway/policy-condition';
import { GatewayPrincipal } from '../../lib/gateway/policy-principal';
import { evaluate, rolePolicies } from '../../lib/testing';
import { ACCOUNT } from '../support/stack';
import {
  cedar,
  deployed,
  deployedGateway,
  ENGINE_ARN,
  GATEWAY_ARN,
  policedGateway,
  policiesOf,
  policyResources,
  REFUND,
} from './support/policed-gateway';

const small = GatewayPolicy.permit({
  name: 'small_refunds',
  description: 'Refunds that need nobody else',
  principal: GatewayPrincipal.users().withClaim('role', 'support'),
  tools: [REFUND],
  when: [GatewayCondition.input('amount').atMost(1000)],
});
const large = GatewayPolicy.forbid({
  name: 'never_large',
  tools: [REFUND],
  when: [GatewayCondition.input('amount').above(100_000)],
});

describe('GatewayPolicies', () => {
  test('has the gateway enforce from the first policy on', () => {
    const { stack } = policedGateway([small]);
    Template.fromStack(stack).hasResourceProperties('AWS::BedrockAgentCore::Gateway', {
      PolicyEngineConfiguration: { Arn: { 'Fn::GetAtt': [Match.anyValue(), 'PolicyEngineArn'] }, Mode: 'ENFORCE' },
    });
  });

  test('makes each statement a policy of its own with the ARN of the gateway in it', () => {
    const { stack } = policedGateway([small, large]);
    const { policies } = deployedGateway(stack);
    expect(Object.keys(policies)).toEqual([
      expect.stringMatching(/^small_refunds_[0-9a-f]{8}$/),
      expect.stringMatching(/^never_large_[0-9a-f]{8}$/),
    ]);
    for (const text of Object.values(policies)) {
      expect(text).toContain(`resource == AgentCore::Gateway::"${GATEWAY_ARN}"`);
      expect(text).not.toContain('{{');
    }
  });

  test('makes policies after the gateway and all of its targets, one after another', () => {
    const { stack, gateway, target } = policedGateway([small, large]);
    const [first, second] = policyResources(stack) as { DependsOn: string[] }[];
    const id = (construct: typeof gateway | typeof target) => stack.getLogicalId(construct.node.defaultChild as never);
    expect(first?.DependsOn).toEqual(expect.arrayContaining([id(gateway), id(target)]));
    expect(second?.DependsOn).toEqual(expect.arrayContaining([id(gateway), id(target)]));
    const ids = Object.keys(Template.fromStack(stack).findResources('AWS::BedrockAgentCore::Policy'));
    expect(second?.DependsOn).toContain(ids[0]);
    expect(first?.DependsOn).not.toContain(ids[1]);
  });

  test('lets AgentCore refuse what its analysis finds, unless findings are accepted', () => {
    const all = GatewayPolicy.permit({ name: 'time_for_all', tools: ['time___get_time'], acceptFindings: true });
    const modes = policyResources(policedGateway([small, all]).stack).map(
      ({ Properties }) => (Properties as { ValidationMode: string }).ValidationMode,
    );
    expect(modes).toEqual(['FAIL_ON_ANY_FINDINGS', 'IGNORE_ALL_FINDINGS']);
  });

  test('keeps descriptions', () => {
    const [resource] = policyResources(policedGateway([small]).stack);
    expect(resource?.Properties).toMatchObject({ Description: 'Refunds that need nobody else' });
  });

  test('has names that two stacks of one app do not share', () => {
    const names = ['One', 'Two'].map((id) => {
      const { stack } = policedGateway([small], {}, new Stack(new App(), id));
      return deployed(stack)
        .resourcesOfType('AWS::BedrockAgentCore::PolicyEngine')
        .concat(deployed(stack).resourcesOfType('AWS::BedrockAgentCore::Policy'))
        .map(({ properties }) => String(properties.Name));
    });
    expect(new Set(names.flat()).size).toBe(4);
    for (const name of names.flat()) expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_]{0,47}$/);
  });

  test('has names and logical ids that stay, whatever the policies say', () => {
    const identities = (amount: number) => {
      const policy = GatewayPolicy.permit({
        name: 'small_refunds',
        tools: [REFUND],
        when: [GatewayCondition.input('amount').atMost(amount)],
      });
      const { stack } = policedGateway([policy]);
      const template = Template.fromStack(stack);
      return ['Policy', 'PolicyEngine'].flatMap((type) =>
        Object.entries(template.findResources(`AWS::BedrockAgentCore::${type}`)).map(([id, { Properties }]) => [
          id,
          (Properties as { Name: string }).Name,
        ]),
      );
    };
    expect(identities(1)).toHaveLength(2);
    expect(identities(1)).toEqual(identities(2));
  });

  test('takes a text with a value that only the deployment knows', () => {
    const value = Token.asString({ Ref: 'AWS::AccountId' });
    const policy = GatewayPolicy.fromCedar(cedar(`context.input.orderId like "${value}-*"`), { name: 'own_orders' });
    const { stack } = policedGateway([policy]);
    expect(Object.values(deployedGateway(stack).policies)[0]).toContain(`like "${ACCOUNT}-*"`);
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('lets the role of the gateway ask its own engine about its own calls, and no other', () => {
    const { stack, role } = policedGateway([small]);
    const template = deployed(stack);
    const { identityPolicies } = rolePolicies(template, template.resolve(stack.resolve(role.roleArn)) as string);
    const may = (action: string, resource: string) =>
      evaluate({ identityPolicies }, { action: `bedrock-agentcore:${action}`, resource }).allowed;
    expect(may('GetPolicyEngine', ENGINE_ARN)).toBe(true);
    for (const action of ['AuthorizeAction', 'PartiallyAuthorizeActions']) {
      expect(may(action, ENGINE_ARN)).toBe(true);
      expect(may(action, GATEWAY_ARN)).toBe(true);
      expect(may(action, `${ENGINE_ARN}-other`)).toBe(false);
      expect(may(action, GATEWAY_ARN.replace('refunds-', 'payments-'))).toBe(false);
    }
    for (const action of ['CreatePolicy', 'UpdatePolicy', 'DeletePolicy', 'UpdatePolicyEngine']) {
      expect(may(action, ENGINE_ARN)).toBe(false);
    }
  });

  test('reports decisions by the names and dimensions of the service', () => {
    const { policies, stack } = policedGateway([small]);
    const dimensions = { OperationName: 'AuthorizeAction', Mode: 'ENFORCE' };
    const metrics = {
      AllowDecisions: policies.metricAllowDecisions(),
      DenyDecisions: policies.metricDenyDecisions(),
      Latency: policies.metricDecisionLatency(),
      SystemErrors: policies.metricDecisionErrors(),
    };
    for (const [metricName, metric] of Object.entries(metrics)) {
      expect(metric).toMatchObject({ namespace: 'AWS/Bedrock-AgentCore', metricName, dimensions });
      expect(stack.resolve(metric.dimensions?.TargetResource)).toEqual({
        'Fn::GetAtt': [expect.stringMatching(/^Gateway/), 'GatewayIdentifier'],
      });
    }
    expect(() => policiesOf([small]).metricAllowDecisions()).toThrow('the policies have no gateway yet');
  });
});
