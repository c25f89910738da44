import { createHash } from 'node:crypto';
import { App, aws_bedrockagentcore as agentcore, aws_kms as kms, aws_logs as logs, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Construct } from 'constructs';
import {
  AgentGateway,
  AgentRuntime,
  CodeInterpreterTool,
  type AgentGatewayProps,
  type AgentRuntimeProps,
} from '../../lib';
import { LogDelivery, type LogDeliveryProps } from '../../lib/logs/log-delivery';
import { LogSource } from '../../lib/logs/log-source';
import type { ResolvedTemplate, TemplateResource } from '../../lib/testing';
import { orderTool } from '../gateway/gateway-fixture';
import { nagFindings } from '../support/nag';
import { ACCOUNT, REGION, resolvedTemplate, testImage, testStack } from '../support/stack';

const SOURCE = 'AWS::Logs::DeliverySource';
const DESTINATION = 'AWS::Logs::DeliveryDestination';
const DELIVERY = 'AWS::Logs::Delivery';
const GROUP = 'AWS::Logs::LogGroup';

const ALL = { applicationLogs: true, usageLogs: true, traces: true };
const LOGS_AND_TRACES = { applicationLogs: true, traces: true };

const agentIn = (stack: Stack, props: Partial<AgentRuntimeProps> = {}, id = 'Agent') =>
  new AgentRuntime(stack, id, { image: testImage(), ...props });
const gatewayIn = (stack: Stack, props: Partial<AgentGatewayProps> = {}, id = 'Gateway') =>
  new AgentGateway(stack, id, { tools: [orderTool(stack, `tool_${id.toLowerCase()}`)], ...props });

const SOURCES: readonly [string, (stack: Stack) => LogSource, Partial<LogDeliveryProps>, string][] = [
  ['a runtime', (stack) => LogSource.runtime(agentIn(stack)), ALL, 'runtimes'],
  ['a gateway', (stack) => LogSource.gateway(gatewayIn(stack)), LOGS_AND_TRACES, 'gateways'],
  [
    'a gateway of the L2',
    (stack) => LogSource.gateway(new agentcore.Gateway(stack, 'Gateway', { gatewayName: 'some-orders-2' })),
    LOGS_AND_TRACES,
    'gateways',
  ],
  [
    'a memory',
    (stack) => LogSource.memory(new agentcore.Memory(stack, 'Memory', { memoryName: 'notes' })),
    LOGS_AND_TRACES,
    'memories',
  ],
  [
    'a code interpreter',
    (stack) => LogSource.codeInterpreter(new CodeInterpreterTool(stack, 'Interpreter')),
    ALL,
    'code-interpreters',
  ],
  [
    'a browser',
    (stack) => LogSource.browser(new agentcore.BrowserCustom(stack, 'Browser', { browserCustomName: 'pages' })),
    ALL,
    'browsers',
  ],
];

/** What AgentCore answers for each resource: an id of its name and ten characters, others for each resource. */
function deployed(stack: Stack, generation = 1): ResolvedTemplate {
  return resolvedTemplate(stack, {
    attribute: ({ logicalId, type, properties }, attribute = '') => {
      if (!type.startsWith('AWS::BedrockAgentCore::')) return undefined;
      const suffix = createHash('sha256')
        .update(`${stack.stackName} ${logicalId} ${generation}`)
        .digest('hex')
        .slice(0, 10);
      const id = `${String(properties.AgentRuntimeName ?? properties.Name)}-${suffix}`;
      return attribute.endsWith('Arn') ? `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:resource/${id}` : id;
    },
    standIn: ({ logicalId }, attribute) => `${logicalId}.${attribute ?? 'Ref'}`,
  });
}

const GATEWAY_ARN = `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:gateway/orders-abcdefghij`;

const namesOf = (resources: readonly TemplateResource[]) => resources.map(({ properties }) => String(properties.Name));

describe.each(SOURCES)('the delivery of %s', (_, sourceIn, props, folder) => {
  function deliveredTemplate(more: Partial<LogDeliveryProps> = {}) {
    const stack = testStack();
    const delivery = new LogDelivery(stack, 'Delivery', { source: sourceIn(stack), ...props, ...more });
    return { stack, delivery, template: deployed(stack) };
  }

  test('has a source, a destination and a delivery for each kind of log', () => {
    const { template } = deliveredTemplate();
    const wanted = [
      ...(props.applicationLogs === true ? ['APPLICATION_LOGS CWL'] : []),
      ...(props.usageLogs === true ? ['USAGE_LOGS CWL'] : []),
      ...(props.traces === true ? ['TRACES XRAY'] : []),
    ];
    const destinations = new Map(
      template
        .resourcesOfType(DESTINATION)
        .map(({ properties }) => [properties.Name, properties.DeliveryDestinationType]),
    );
    const sources = template.resourcesOfType(SOURCE);
    expect(
      sources.map(({ properties }) => `${String(properties.LogType)} ${String(destinations.get(properties.Name))}`),
    ).toEqual(wanted);
    expect(new Set(sources.map(({ properties }) => properties.ResourceArn)).size).toBe(1);
    expect(String(sources[0]?.properties.ResourceArn)).toMatch(/^arn:aws:bedrock-agentcore:.*-[0-9a-zA-Z]{10}$/);
    expect(template.resourcesOfType(DELIVERY)).toHaveLength(wanted.length);
  });

  test('goes to log groups of the resource that AWS services may write to, which expire and stay', () => {
    const { stack, template } = deliveredTemplate({ logRetention: logs.RetentionDays.ONE_WEEK });
    const raw = Template.fromStack(stack).findResources(GROUP) as Record<string, { DeletionPolicy: string }>;
    const groups = template
      .resourcesOfType(GROUP)
      .filter(({ properties }) => String(properties.LogGroupName).startsWith('/aws/vendedlogs/'));
    expect(groups.length).toBeGreaterThan(0);
    for (const { logicalId, properties } of groups) {
      expect(properties.LogGroupName).toMatch(
        new RegExp(`^/aws/vendedlogs/bedrock-agentcore/${folder}/[^/]+-[^/-]{10}/(application|usage)-logs$`),
      );
      expect(properties.RetentionInDays).toBe(7);
      expect(raw[logicalId]?.DeletionPolicy).toBe('RetainExceptOnCreate');
    }
    for (const type of ['AWS::Logs::ResourcePolicy', 'AWS::XRay::ResourcePolicy']) {
      Template.fromStack(stack).resourceCountIs(type, 0);
    }
  });

  test('makes one delivery after the other', () => {
    const { stack } = deliveredTemplate();
    const resources = Template.fromStack(stack).toJSON().Resources as Record<
      string,
      { Type: string; DependsOn?: string[] }
    >;
    const waiting = Object.values(resources)
      .filter(({ Type }) => Type === SOURCE)
      .map(({ DependsOn = [] }) => DependsOn.filter((id) => resources[id]?.Type === DELIVERY));
    const deliveries = Object.entries(resources).flatMap(([id, { Type }]) => (Type === DELIVERY ? [id] : []));
    expect(waiting).toEqual([[], ...deliveries.slice(0, -1).map((id) => [id])]);
  });

  test('has names that fit and are others once the resource is replaced', () => {
    const { stack, template } = deliveredTemplate();
    const names = namesOf(template.resourcesOfType(SOURCE));
    for (const name of names) expect(name).toMatch(/^[\w-]{1,60}$/);
    expect(namesOf(template.resourcesOfType(DESTINATION))).toEqual(names);
    const replaced = namesOf(deployed(stack, 2).resourcesOfType(SOURCE));
    expect(replaced).toHaveLength(names.length);
    expect(replaced.filter((name) => names.includes(name))).toEqual([]);
  });

  test('stays as it is when its construct is renamed or moved', () => {
    const resources = (define: (stack: Stack, source: LogSource) => void) => {
      const stack = testStack();
      define(stack, sourceIn(stack));
      return Template.fromStack(stack).toJSON().Resources as unknown;
    };
    const before = resources((stack, source) => new LogDelivery(stack, 'Delivery', { source, ...props }));
    const after = resources(
      (stack, source) => new LogDelivery(new Construct(stack, 'Observability'), 'Logs', { source, ...props }),
    );
    expect(after).toEqual(before);
  });

  test('encrypts its groups with the key, which CloudWatch Logs may use for them alone', () => {
    const stack = testStack();
    const logEncryptionKey = new kms.Key(stack, 'Key');
    new LogDelivery(stack, 'Delivery', { source: sourceIn(stack), ...props, logEncryptionKey });
    const template = deployed(stack);
    const [key] = template.resourcesOfType('AWS::KMS::Key');
    const statements = (key?.properties.KeyPolicy as { Statement: Record<string, unknown>[] }).Statement;
    const patterns = statements.flatMap(({ Condition }) => {
      const { ArnLike } = (Condition ?? {}) as { ArnLike?: Record<string, string> };
      return ArnLike === undefined ? [] : Object.values(ArnLike);
    });
    const covers = (pattern: string, arn: string) =>
      new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(arn);
    for (const { properties } of template.resourcesOfType(GROUP)) {
      if (!String(properties.LogGroupName).startsWith('/aws/vendedlogs/')) continue;
      expect(properties.KmsKeyId).toBeDefined();
      const arn = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${String(properties.LogGroupName)}`;
      expect(patterns.filter((pattern) => covers(pattern, arn))).toHaveLength(1);
      expect(
        patterns.filter((pattern) => covers(pattern, arn.replace(/\/[^/]+\/([^/]+)$/, '/other-0000000000/$1'))),
      ).toEqual([]);
    }
  });
});

describe('logs that hold what people say', () => {
  test('are off until somebody switches them on', () => {
    const stack = testStack();
    const agent = agentIn(stack);
    const gateway = gatewayIn(stack);
    new CodeInterpreterTool(stack, 'Interpreter');
    Template.fromStack(stack).resourceCountIs(SOURCE, 0);
    expect(agent.logDelivery).toBeUndefined();
    expect(gateway.logGroup).toBeUndefined();
  });

  test.each([
    ['usage logs', { usageLogs: true }, ['USAGE_LOGS']],
    ['tracing', { tracing: true }, ['TRACES']],
    ['application logs', { applicationLogs: true }, ['APPLICATION_LOGS']],
  ])('of an agent are not switched on by %s', (_, props, types) => {
    const stack = testStack();
    agentIn(stack, props);
    const sources = deployed(stack).resourcesOfType(SOURCE);
    expect(sources.map(({ properties }) => properties.LogType)).toEqual(types);
  });

  test('of a gateway are not switched on by tracing', () => {
    const stack = testStack();
    const gateway = gatewayIn(stack, { tracing: true });
    expect(
      deployed(stack)
        .resourcesOfType(SOURCE)
        .map(({ properties }) => properties.LogType),
    ).toEqual(['TRACES']);
    expect(gateway.logGroup).toBeUndefined();
  });
});

describe('deliveries of one account', () => {
  test('do not collide: two agents and two gateways of one stack, and stacks of the same kind', () => {
    const app = new App();
    const stacks = ['Dev', 'Prod'].map((name) => new Stack(app, name));
    for (const stack of stacks) {
      for (const id of ['One', 'Two']) {
        agentIn(stack, { applicationLogs: true, usageLogs: true, tracing: true }, `Agent${id}`);
        gatewayIn(stack, { applicationLogs: true, tracing: true }, `Gateway${id}`);
      }
    }
    for (const type of [SOURCE, DESTINATION]) {
      const names = stacks.flatMap((stack) => namesOf(deployed(stack).resourcesOfType(type)));
      expect(new Set(names).size).toBe(2 * (2 * 3 + 2 * 2));
    }
    const ids = stacks.map((stack) => Object.keys(Template.fromStack(stack).findResources(SOURCE)));
    expect(ids.map((of) => new Set(of).size)).toEqual([10, 10]);
  });

  test('do not collide where one stack delivers for stacks of the same kind', () => {
    const app = new App();
    const monitoring = new Stack(app, 'Monitoring');
    for (const name of ['Dev', 'Prod']) {
      const agent = agentIn(new Stack(app, name));
      new LogDelivery(monitoring, `Of${name}`, { source: LogSource.runtime(agent), usageLogs: true });
    }
    Template.fromStack(monitoring).resourceCountIs(SOURCE, 2);
  });
});

describe('a delivery that cannot be is refused with what to do', () => {
  const define = (props: (stack: Stack) => LogDeliveryProps) => () => {
    const stack = testStack();
    new LogDelivery(stack, 'Delivery', props(stack));
  };

  test.each<[string, (stack: Stack) => LogDeliveryProps, RegExp]>([
    [
      'of nothing',
      (stack) => ({ source: LogSource.runtime(agentIn(stack)) }),
      /^Test\/Delivery: nothing is delivered; switch on/,
    ],
    [
      'of usage logs of a gateway',
      (stack) => ({ source: LogSource.gateway(gatewayIn(stack)), usageLogs: true }),
      /no USAGE_LOGS of a gateway, only APPLICATION_LOGS and TRACES; leave that out/,
    ],
    [
      'of the code interpreter that AWS keeps',
      (stack) => ({
        source: LogSource.codeInterpreter(CodeInterpreterTool.managed(stack, 'Interpreter')),
        usageLogs: true,
      }),
      /keeps for every account.*define one of your own/,
    ],
    [
      'of a gateway whose name is made at deployment',
      (stack) => ({ source: LogSource.gateway(new agentcore.Gateway(stack, 'Gateway')), traces: true }),
      /neither the id nor the name of the gateway is known.*gatewayName/,
    ],
    [
      'of what is no runtime',
      () => ({ source: LogSource.runtime({ runtimeArn: 'nonsense', runtimeId: 'nonsense' }), applicationLogs: true }),
      /^Test\/Delivery: "nonsense" is not the ARN of a runtime; give the one that the console shows/,
    ],
    [
      'of a gateway that is called a memory',
      () => ({ source: LogSource.memory({ memoryArn: GATEWAY_ARN, memoryId: 'orders-abcdefghij' }), traces: true }),
      /gateway\/orders-abcdefghij" is not the ARN of a memory/,
    ],
    [
      'of a gateway by the id of another',
      () => ({
        source: LogSource.gateway({ gatewayArn: GATEWAY_ARN, gatewayId: 'others-abcdefghij' }),
        traces: true,
      }),
      /"others-abcdefghij" is not the id in the ARN of the gateway, which is "orders-abcdefghij"; give that one/,
    ],
    [
      'of a resource that has one',
      (stack) => ({ source: LogSource.runtime(agentIn(stack, { usageLogs: true })), applicationLogs: true }),
      /delivered by Test\/Agent\/Delivery already; switch on there/,
    ],
  ])('%s', (_, props, message) => {
    expect(define(props)).toThrow(message);
  });

  test('of a log that is off has no retention and no key', () => {
    const { ONE_WEEK } = logs.RetentionDays;
    expect(() => gatewayIn(testStack(), { logRetention: ONE_WEEK })).toThrow(/no log without applicationLogs/);
    expect(() => gatewayIn(testStack(), { logRetention: ONE_WEEK, applicationLogs: true })).not.toThrow();
  });
});

test('a gateway that is imported is delivered under the end of its id', () => {
  const stack = testStack();
  const gatewayArn = `arn:aws:bedrock-agentcore:${REGION}:${ACCOUNT}:gateway/orders-of-shop-abcdefghij`;
  const gateway = AgentGateway.fromGatewayAttributes(stack, 'Gateway', { gatewayArn });
  new LogDelivery(stack, 'Delivery', { source: LogSource.gateway(gateway), traces: true });
  expect(namesOf(resolvedTemplate(stack).resourcesOfType(SOURCE))).toEqual(['gateway-abcdefghij-traces']);
});

test('the key of a gateway can encrypt its log too', () => {
  const stack = testStack();
  const key = new kms.Key(stack, 'Key');
  gatewayIn(stack, { encryptionKey: key, logEncryptionKey: key, applicationLogs: true });
  // A circle of references would be thrown.
  expect(() => Template.fromStack(stack)).not.toThrow();
});

test('every delivery passes cdk-nag', () => {
  expect(
    nagFindings((stack) => {
      agentIn(stack, { applicationLogs: true, usageLogs: true, tracing: true });
      gatewayIn(stack, { applicationLogs: true, tracing: true });
      new LogDelivery(stack, 'Delivery', {
        source: LogSource.codeInterpreter(new CodeInterpreterTool(stack, 'Interpreter')),
        ...ALL,
      });
    }),
  ).toEqual([]);
});
