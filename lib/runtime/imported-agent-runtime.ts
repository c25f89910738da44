import { Fn, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DEFAULT_AGENT_NAMESPACE } from '../metrics/agent-metrics';
import { requireProperties } from '../private/required-properties';
import { nameFindings, throwFindings } from '../private/validation';
import { AgentRuntimeBase } from './agent-runtime-base';
import { namespaceFindings } from './agent-settings';

/** What there is to know of a runtime that something else deployed. */
export interface AgentRuntimeAttributes {
  /** The ARN of the runtime: of an L1, an L2, another stack, or as the console shows it. Without a version. */
  readonly agentRuntimeArn: string;

  /**
   * The name of the runtime, under which AgentCore reports its metrics.
   *
   * @default - read from the ARN, which must then be known at synthesis
   */
  readonly agentName?: string;

  /**
   * Whether callers bring a JWT; otherwise they sign with IAM credentials.
   *
   * @default false
   */
  readonly callersHaveJwt?: boolean;

  /**
   * The CloudWatch namespace of the metrics that the agent writes itself.
   *
   * @default 'ClaudeAgents'
   */
  readonly metricsNamespace?: string;
}

/** Source: pattern of agentRuntimeArn in the AgentCore API reference; the first group is the name. */
const RUNTIME_ARN =
  /^arn:aws(?:-[a-z]+)*:bedrock-agentcore:[a-z0-9-]+:\d{12}:runtime\/([a-zA-Z][a-zA-Z0-9_]{0,47})-[a-zA-Z0-9]{10}$/;

/** What there is to know of a runtime whose construct is at hand. */
export type RuntimeDescription = Required<Pick<AgentRuntimeAttributes, 'agentName'>> &
  Pick<AgentRuntimeAttributes, 'callersHaveJwt' | 'metricsNamespace'>;

/** A runtime that something else deployed, to be called, measured and given endpoints. */
export class ImportedAgentRuntime extends AgentRuntimeBase {
  public readonly agentName: string;
  public readonly runtimeArn: string;
  public readonly runtimeId: string;
  public readonly runtimeVersion = undefined;
  public readonly callersHaveJwt: boolean;
  public readonly metricsNamespace: string;

  /**
   * @param runtimeId the id of the runtime; left out, it is taken from the ARN
   * @throws Error with every finding about the attributes
   */
  constructor(scope: Construct, id: string, attributes: AgentRuntimeAttributes, runtimeId?: string) {
    super(scope, id);
    requireProperties(this, attributes, { agentRuntimeArn: 'its ARN' });
    const { agentRuntimeArn, agentName, callersHaveJwt = false } = attributes;
    const { metricsNamespace = DEFAULT_AGENT_NAMESPACE } = attributes;
    throwFindings(this, [...attributeFindings(attributes), ...namespaceFindings(metricsNamespace)]);
    this.runtimeArn = agentRuntimeArn;
    this.agentName = agentName ?? nameIn(agentRuntimeArn);
    this.callersHaveJwt = callersHaveJwt;
    this.metricsNamespace = metricsNamespace;
    this.runtimeId = runtimeId ?? Fn.select(1, Fn.split('/', agentRuntimeArn));
  }
}

/** The name in the ARN of a runtime; empty for anything else. */
function nameIn(arn: string): string {
  return RUNTIME_ARN.exec(arn)?.[1] ?? '';
}

function attributeFindings({ agentRuntimeArn, agentName }: AgentRuntimeAttributes): string[] {
  if (Token.isUnresolved(agentRuntimeArn)) {
    return agentName === undefined
      ? ['agentName is left out, and agentRuntimeArn, in which it is, is not known at synthesis; give the name']
      : nameFindings('agentName', agentName);
  }
  const name = nameIn(agentRuntimeArn);
  if (name === '') {
    return [
      `agentRuntimeArn "${agentRuntimeArn}" is not the ARN of a runtime; it looks like "arn:aws:bedrock-agentcore:eu-central-1:111122223333:runtime/support-0123456789", without a version or endpoint`,
    ];
  }
  return agentName === undefined || agentName === name
    ? []
    : [
        `agentName "${agentName}" is not the name in agentRuntimeArn, which is "${name}"; give that one, or leave it out`,
      ];
}
