import { Token } from 'aws-cdk-lib';
import { AgentEnvironment } from '../agent/agent-environment';
import type { IAgent, IAgentCapability } from '../agent/agent';

/** The models of an agent, whoever serves them: `ClaudeModels` on Amazon Bedrock, or what `ModelProvider` gives. */
export interface IAgentModels extends IAgentCapability {
  /** Whether Amazon Bedrock serves the models; its guardrails reach no others. */
  readonly onBedrock: boolean;

  /** What calls name: ids of models and inference profiles, or the provider's names. Each once, that of the main model first. */
  readonly modelNames: readonly string[];
}

/** The variable of each role. */
const VARIABLES = {
  main: AgentEnvironment.MODEL_MAIN,
  fast: AgentEnvironment.MODEL_FAST,
  subagent: AgentEnvironment.MODEL_SUBAGENT,
  opus: AgentEnvironment.MODEL_OPUS,
  sonnet: AgentEnvironment.MODEL_SONNET,
  haiku: AgentEnvironment.MODEL_HAIKU,
} as const;

/** Something for each role of a model. */
export type ByModelRole<T> = Readonly<Record<keyof typeof VARIABLES, T>>;

/** Families for which the Claude Agent SDK has an alias of that name. */
const FAMILIES = ['opus', 'sonnet', 'haiku'] as const;

/** Tells the agent the model of each role that has one. */
export function addModelNames(agent: IAgent, names: ByModelRole<string | undefined>): void {
  for (const [role, name] of Object.entries(names) as [keyof typeof VARIABLES, string | undefined][]) {
    if (name !== undefined) agent.addEnvironment(VARIABLES[role], name);
  }
}

/** What speaks against these models of the roles that stand for a family: each must be of the family it stands for. */
export function familyFindings(models: Partial<ByModelRole<string | undefined>>): string[] {
  return FAMILIES.flatMap((family) => {
    const model = models[family];
    if (
      model === undefined ||
      Token.isUnresolved(model) ||
      new RegExp(`\\bclaude-([0-9-]+-)?${family}\\b`).test(model)
    ) {
      return [];
    }
    return [
      `the role "${family}" has ${model}, which is no Claude ${family} model, and whoever asks for "${family}" would get it; give one of that family, or leave the role out`,
    ];
  });
}
