import { aws_bedrockagentcore as agentcore, aws_logs as logs, Token, Validations } from 'aws-cdk-lib';
import type { aws_iam as iam, aws_kms as kms } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Actions } from '../iam/actions';
import { grantRuntimeAccess } from '../iam/runtime-access';
import { MAX_ENDPOINTS, MAX_RUNTIME_VERSION } from '../private/endpoint-limits';
import { nameFindings, throwFindings } from '../private/validation';
import type { AgentRuntime } from './agent-runtime';
import { RuntimeLogGroup } from './runtime-log-group';

/** Which version of a runtime an endpoint leads to. AgentCore numbers them from 1; every change of a runtime makes one. */
export class EndpointVersion {
  /** One version, until the endpoint is changed: a release is promoted by changing this number. */
  public static pinned(version: number): EndpointVersion {
    if (!Token.isUnresolved(version) && (!Number.isInteger(version) || version < 1 || version > MAX_RUNTIME_VERSION)) {
      throw new Error(
        `EndpointVersion: ${version} is not a version; versions are whole numbers from 1 to ${MAX_RUNTIME_VERSION}`,
      );
    }
    return new EndpointVersion(Token.isUnresolved(version) ? Token.asString(version) : String(version));
  }

  /** The newest version, with every deployment anew. What the default endpoint does; seldom what a release wants. */
  public static latest(): EndpointVersion {
    return new EndpointVersion(undefined);
  }

  private constructor(
    /** The number, as text; undefined for the newest version. */
    public readonly version: string | undefined,
  ) {}
}

/** Properties of an AgentEndpoint. */
export interface AgentEndpointProps {
  /** The agent that the endpoint leads to. */
  readonly agent: AgentRuntime;

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

/** Endpoints can be defined in any stack, so their agent cannot count them as its children. */
const endpointCounts = new WeakMap<AgentRuntime, number>();

/** A name under which one version of an agent is called, while the agent itself moves on. */
export class AgentEndpoint extends Construct {
  /** The L2 endpoint: the way to what this construct does not offer. */
  public readonly endpoint: agentcore.RuntimeEndpoint;

  /** The log group of the endpoint. Kept when the stack is deleted. */
  public readonly logGroup: logs.ILogGroup;

  private readonly agent: AgentRuntime;
  private readonly endpointName: string;

  constructor(scope: Construct, id: string, props: AgentEndpointProps) {
    super(scope, id);
    this.agent = props.agent;
    this.endpointName = props.endpointName;
    const count = (endpointCounts.get(props.agent) ?? 0) + 1;
    endpointCounts.set(props.agent, count);
    throwFindings(this, [
      ...nameFindings('endpointName', props.endpointName),
      ...(props.endpointName.toUpperCase() === 'DEFAULT'
        ? ['endpointName "DEFAULT" is the endpoint that AgentCore makes itself; choose another name']
        : []),
      ...(count > MAX_ENDPOINTS
        ? [
            `endpointName "${props.endpointName}" is the ${count}th endpoint of ${props.agent.agentName}; AgentCore allows ${MAX_ENDPOINTS}: remove one, or use another agent`,
          ]
        : []),
    ]);
    this.endpoint = new agentcore.RuntimeEndpoint(this, 'Endpoint', {
      agentRuntimeId: props.agent.runtime.agentRuntimeId,
      endpointName: props.endpointName,
      agentRuntimeVersion: props.version.version ?? props.agent.runtime.agentRuntimeVersion ?? '1',
      ...(props.description === undefined ? {} : { description: props.description }),
    });
    if (props.version.version === undefined) {
      Validations.of(this.endpoint).acknowledge({ id: 'AgentCore-EP1', reason: 'EndpointVersion.latest() was chosen' });
    }
    this.logGroup = new RuntimeLogGroup(this, 'LogGroup', {
      runtimeId: props.agent.runtime.agentRuntimeId,
      runtimeName: props.agent.agentName,
      endpointName: props.endpointName,
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      ...(props.logEncryptionKey === undefined ? {} : { encryptionKey: props.logEncryptionKey }),
    });
  }

  /** Allows `grantee` to call the agent over HTTP through this endpoint only, signed with SigV4. */
  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    return grantRuntimeAccess(this, grantee, Actions.INVOKE_RUNTIME, {
      runtimeArn: this.agent.runtimeArn,
      endpointName: this.endpointName,
      callersHaveJwt: this.agent.authorizer.callersHaveJwt,
    });
  }
}
