import { AgentEnvironment } from '../agent/agent-environment';
import type { IAgent, IAgentCapability } from '../agent/agent';
import { throwFindings } from '../private/validation';
import { accessFindings, warnOfUnknownAccess } from './access-findings';
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
    throwFindings(
      agent,
      distinct.flatMap(([, access]) => accessFindings(access)),
    );
    for (const [, access] of distinct) warnOfUnknownAccess(agent, access);

    agent.addEnvironment(AgentEnvironment.MODEL_MAIN, this.main.invocationId);
    agent.addEnvironment(AgentEnvironment.MODEL_FAST, this.fast.invocationId);
    agent.addEnvironment(AgentEnvironment.MODEL_SUBAGENT, this.subagent.invocationId);
    for (const [, access] of distinct) access.grantInvoke(agent);
  }
}
