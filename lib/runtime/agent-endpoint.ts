import { aws_bedrockagentcore as agentcore, aws_logs as logs, Stack, Validations } from 'aws-cdk-lib';
import type { aws_kms as kms } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { MAX_ENDPOINTS } from '../private/endpoint-limits';
import { requireProperties } from '../private/required-properties';
import { nameFindings, throwFindings } from '../private/validation';
import type { IAgentRuntime } from './agent-runtime-base';
import { differences, environmentOf, knownEnvironment } from '../private/arn-environment';
import type { EndpointVersion } from './endpoint-version';
import { ImportedAgentEndpoint } from './imported-agent-endpoint';
import { InvocationTarget, type IInvocationTarget, type RuntimeTarget } from './invocation-target';
import { RuntimeLogGroup } from './runtime-log-group';

/** A name under which one version of an agent is called. */
export interface IAgentEndpoint extends IInvocationTarget {
  /** The name that callers give as the qualifier. */
  readonly endpointName: string;

  /** The ARN of the endpoint. */
  readonly endpointArn: string;
}

/** Properties of an AgentEndpoint. */
export interface AgentEndpointProps {
  /** The agent that the endpoint leads to, of this app or imported. */
  readonly agent: IAgentRuntime;

  /** The name that callers give as the qualifier: a letter, then letters, digits and underscores, 48 at the most. */
  readonly endpointName: string;

  /** The version that answers. */
  readonly version: EndpointVersion;

  /**
   * What the endpoint is for.
   *
   * @default - no description
   */
  readonly description?: string;

  /**
   * How long log events of the endpoint are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * The key that encrypts the endpoint's log. The policy of a key that is imported must let CloudWatch Logs use it.
   *
   * @default - a key of CloudWatch Logs
   */
  readonly logEncryptionKey?: kms.IKey;
}

/** Endpoints by name. They can be defined in any stack, so their agent cannot find them among its children. */
const endpointsOf = new WeakMap<IAgentRuntime, Map<string, AgentEndpoint>>();

/** A name under which one version of an agent is called, while the agent itself moves on. */
export class AgentEndpoint extends InvocationTarget implements IAgentEndpoint {
  /**
   * An endpoint that something else made.
   *
   * @throws Error when the name is not one
   */
  public static fromEndpointName(
    scope: Construct,
    id: string,
    agent: IAgentRuntime,
    endpointName: string,
  ): IAgentEndpoint {
    return new ImportedAgentEndpoint(scope, id, agent, endpointName);
  }

  /** The name that callers give as the qualifier. */
  public readonly endpointName: string;

  /** The L2 endpoint: the way to what this construct does not offer. */
  public readonly endpoint: agentcore.RuntimeEndpoint;

  /** The log group of the endpoint. Kept when the stack is deleted. */
  public readonly logGroup: logs.ILogGroup;

  protected readonly target: RuntimeTarget;

  /** @throws Error with every finding about the name, the version and the agent */
  constructor(scope: Construct, id: string, props: AgentEndpointProps) {
    super(scope, id);
    requireProperties(this, props, {
      agent: 'an agent',
      endpointName: 'a name',
      version: 'an EndpointVersion',
    });
    const { agent, endpointName, version, description, logRetention, logEncryptionKey } = props;
    const { agentName, runtimeArn, runtimeId, callersHaveJwt } = agent;
    this.endpointName = endpointName;
    this.target = { agentName, runtimeArn, callersHaveJwt, endpointName };
    throwFindings(this, [
      ...nameFindings('endpointName', endpointName),
      ...siblingFindings(this, agent),
      ...placeFindings(this, runtimeArn),
    ]);
    this.endpoint = new agentcore.RuntimeEndpoint(this, 'Endpoint', {
      agentRuntimeId: runtimeId,
      endpointName,
      agentRuntimeVersion: versionFor(this, version, agent),
      ...(description === undefined ? {} : { description }),
    });
    if (version.version === undefined) {
      Validations.of(this.endpoint).acknowledge({ id: 'AgentCore-EP1', reason: 'EndpointVersion.latest() was chosen' });
    }
    this.logGroup = new RuntimeLogGroup(this, 'LogGroup', {
      runtimeId,
      runtimeName: agentName,
      endpointName,
      retention: logRetention ?? logs.RetentionDays.THREE_MONTHS,
      ...(logEncryptionKey === undefined ? {} : { encryptionKey: logEncryptionKey }),
    });
  }

  /** The ARN of the endpoint. */
  public get endpointArn(): string {
    return this.endpoint.agentRuntimeEndpointArn;
  }
}

/** What speaks against one more endpoint of this name. */
function siblingFindings(endpoint: AgentEndpoint, agent: IAgentRuntime): string[] {
  const { endpointName } = endpoint;
  if (endpointName.toUpperCase() === 'DEFAULT') {
    return [`endpointName "${endpointName}" is the endpoint that AgentCore makes itself; choose another name`];
  }
  const siblings = endpointsOf.get(agent) ?? new Map<string, AgentEndpoint>();
  endpointsOf.set(agent, siblings);
  const namesake = siblings.get(endpointName);
  if (namesake !== undefined) {
    return [
      `endpointName "${endpointName}" is the name of ${namesake.node.path} already, which leads to the same agent; choose another name`,
    ];
  }
  siblings.set(endpointName, endpoint);
  return siblings.size > MAX_ENDPOINTS
    ? [
        `endpointName "${endpointName}" is the ${siblings.size}th endpoint of ${agent.agentName}; AgentCore allows ${MAX_ENDPOINTS}: remove one, or use another agent`,
      ]
    : [];
}

/** What speaks against making the endpoint in this stack: AgentCore makes it beside its runtime. */
function placeFindings(scope: IConstruct, runtimeArn: string): string[] {
  return differences(environmentOf(runtimeArn), knownEnvironment(Stack.of(scope))).map(
    ({ what, there, here }) =>
      `the agent is in the ${what} ${there} and this stack in ${here}, and an endpoint is made beside its agent; define it in a stack of the ${what} ${there}`,
  );
}

/** The version in the template. The L2 would take the first one for a version that is left out. */
function versionFor(endpoint: AgentEndpoint, { version }: EndpointVersion, agent: IAgentRuntime): string {
  const known = version ?? agent.runtimeVersion;
  if (known !== undefined) return known;
  throw new Error(
    `${endpoint.node.path}: EndpointVersion.latest() follows the deployments of an agent of this app, and ${agent.node.path} is imported; name a version with EndpointVersion.pinned()`,
  );
}
