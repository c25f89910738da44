import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { AgentEnvironment } from '../agent/agent-environment';
import type { IAgent, IAgentCapability } from '../agent/agent';
import { ClaudeModel } from './claude-model';
import type { ModelAccess } from './model-access';

/** Which model does which part of the work. */
export interface ClaudeModelRoles {
  /** The model that answers. */
  readonly main: ModelAccess;

  /**
   * The model of small background calls.
   *
   * @default - the main model
   */
  readonly fast?: ModelAccess;

  /**
   * The model of sub-agents.
   *
   * @default - the main model
   */
  readonly subagent?: ModelAccess;
}

/** The models of an agent: its environment and the matching permissions come from this one object. */
export class ClaudeModels implements IAgentCapability {
  /** Models by role. */
  public static of(roles: ClaudeModelRoles): ClaudeModels {
    return new ClaudeModels(roles.main, roles.fast ?? roles.main, roles.subagent ?? roles.main);
  }

  /** Sonnet as the main model and Haiku as the fast one, through their global inference profiles. */
  public static sonnetWithHaiku(): ClaudeModels {
    return ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.global(), fast: ClaudeModel.HAIKU_5_5.global() });
  }

  private constructor(
    /** The model that answers. */
    public readonly main: ModelAccess,
    /** The model of small background calls. */
    public readonly fast: ModelAccess,
    /** The model of sub-agents. */
    public readonly subagent: ModelAccess,
  ) {}

  public bindToAgent(agent: IAgent): void {
    const distinct = [...new Map([this.main, this.fast, this.subagent].map((access) => [access.invocationId, access]))];
    for (const [, access] of distinct) warnOutsideGeography(agent, access);

    agent.addEnvironment(AgentEnvironment.MODEL_MAIN, this.main.invocationId);
    agent.addEnvironment(AgentEnvironment.MODEL_FAST, this.fast.invocationId);
    agent.addEnvironment(AgentEnvironment.MODEL_SUBAGENT, this.subagent.invocationId);
    for (const [, access] of distinct) access.grantInvoke(agent);
  }
}

/**
 * A geographic profile is called from its own geography. A warning, because the lists age and because some profiles can
 * be called from Regions that they do not route to. A Region-agnostic stack cannot be checked.
 */
function warnOutsideGeography(agent: IAgent, { geography, invocationId }: ModelAccess): void {
  const { region } = Stack.of(agent);
  if (geography === undefined || Token.isUnresolved(region) || geography.destinationRegions.includes(region)) return;
  Annotations.of(agent).addWarningV2(
    'cdk-agentcore-constructs:regionOutsideGeography',
    `${invocationId} may not be callable from ${region}: its geography has ${geography.destinationRegions.join(', ')}; deploy to one of these, use .global(), give a newer list with Geography.of(), or acknowledge this warning if the model card lists ${region} as a source Region`,
  );
}
