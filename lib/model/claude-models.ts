import type { IAgent } from '../agent/agent';
import { throwFindings } from '../private/validation';
import { accessFindings, warnOfUnknownAccess } from './access-findings';
import { addModelNames, familyFindings, type IAgentModels } from './agent-models';
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

  /**
   * The model behind the alias `opus` of the Claude Agent SDK: a Claude Opus model.
   *
   * @default - the family's name leads to no model of the agent
   */
  readonly opus?: ModelAccess;

  /**
   * The model behind the alias `sonnet` of the Claude Agent SDK: a Claude Sonnet model.
   *
   * @default - the family's name leads to no model of the agent
   */
  readonly sonnet?: ModelAccess;

  /**
   * The model behind the alias `haiku` of the Claude Agent SDK: a Claude Haiku model.
   *
   * @default - the family's name leads to no model of the agent
   */
  readonly haiku?: ModelAccess;
}

/** The models of an agent on Amazon Bedrock: its environment and the matching permissions come from this one object. */
export class ClaudeModels implements IAgentModels {
  /**
   * Models by role.
   *
   * @throws Error when the role of a family has a model of another family
   */
  public static of(roles: ClaudeModelRoles): ClaudeModels {
    const { main, fast = main, subagent = main, opus, sonnet, haiku } = roles;
    throwFindings(
      'ClaudeModels.of',
      familyFindings({ opus: opus?.model.modelId, sonnet: sonnet?.model.modelId, haiku: haiku?.model.modelId }),
    );
    return new ClaudeModels(main, fast, subagent, opus, sonnet, haiku);
  }

  /** Sonnet as the main model and Haiku as the fast one, through their global inference profiles. */
  public static sonnetWithHaiku(): ClaudeModels {
    return ClaudeModels.of({ main: ClaudeModel.SONNET_5_5.global(), fast: ClaudeModel.HAIKU_5_5.global() });
  }

  public readonly onBedrock = true;

  private constructor(
    /** The model that answers. */
    public readonly main: ModelAccess,
    /** The model of small background calls. */
    public readonly fast: ModelAccess,
    /** The model of sub-agents. */
    public readonly subagent: ModelAccess,
    /** The model behind the alias `opus`. */
    public readonly opus?: ModelAccess,
    /** The model behind the alias `sonnet`. */
    public readonly sonnet?: ModelAccess,
    /** The model behind the alias `haiku`. */
    public readonly haiku?: ModelAccess,
  ) {}

  /** What calls name: ids of models and inference profiles. */
  public get modelNames(): readonly string[] {
    return [...new Set(this.given.map(({ invocationId }) => invocationId))];
  }

  public bindToAgent(agent: IAgent): void {
    const { main, fast, subagent, opus, sonnet, haiku, given } = this;
    // What is said of two ways depends on the ids; what is allowed, also on the Regions and the model behind one id.
    const named = [...new Map(given.map((access) => [access.invocationId, access])).values()];
    throwFindings(agent, named.flatMap(accessFindings));
    for (const access of named) warnOfUnknownAccess(agent, access);

    addModelNames(agent, {
      main: main.invocationId,
      fast: fast.invocationId,
      subagent: subagent.invocationId,
      opus: opus?.invocationId,
      sonnet: sonnet?.invocationId,
      haiku: haiku?.invocationId,
    });
    const granted = given.filter((access, index) => given.findIndex((other) => other.allowsSameAs(access)) === index);
    for (const access of granted) access.grantInvoke(agent);
  }

  private get given(): readonly ModelAccess[] {
    const { main, fast, subagent, opus, sonnet, haiku } = this;
    return [main, fast, subagent, opus, sonnet, haiku].filter((access) => access !== undefined);
  }
}
