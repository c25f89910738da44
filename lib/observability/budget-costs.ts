import type { aws_budgets as budgets } from 'aws-cdk-lib';
import { Token } from 'aws-cdk-lib';
import { tagFindings } from '../private/tag-rules';

/** Services by the names of AWS Cost Explorer. */
const AGENT_SERVICES = ['Amazon Bedrock', 'Amazon Bedrock AgentCore'];

/**
 * Who bills Claude models on Amazon Bedrock: each is a product of AWS Marketplace with a service name of its own, for
 * instance "Claude Opus 5.5 (Amazon Bedrock Edition)".
 */
const MARKETPLACE = 'AWS Marketplace';

/** What tags of the IAM principal that called a model are named by. */
const PRINCIPAL_TAG = 'iamPrincipal/';

/** Which costs count towards a budget. */
export class BudgetCosts {
  /**
   * Amazon Bedrock, Amazon Bedrock AgentCore and all that AWS Marketplace bills, where Claude models are. What else the
   * account has from there counts too; an account with more of that tells its agents apart by a tag, or by `services`.
   */
  public static agentServices(): BudgetCosts {
    return new BudgetCosts(
      {
        or: [
          { dimensions: { key: 'SERVICE', values: AGENT_SERVICES } },
          { dimensions: { key: 'BILLING_ENTITY', values: [MARKETPLACE] } },
        ],
      },
      [],
    );
  }

  /**
   * Services by the names that AWS Cost Explorer shows, for instance `Amazon Bedrock AgentCore` and
   * `Claude Opus 5.5 (Amazon Bedrock Edition)`.
   */
  public static services(names: readonly string[]): BudgetCosts {
    return new BudgetCosts({ dimensions: { key: 'SERVICE', values: [...names] } }, serviceFindings(names));
  }

  /**
   * What has a tag, as the property `tags` of an `AgentRuntime` gives it: resources with the tag, and model calls of roles
   * with it. Both must be activated as cost allocation tags first, the second as one of the type IAM principal.
   */
  public static tagged(key: string, ...values: string[]): BudgetCosts {
    return new BudgetCosts(
      {
        or: [{ tags: { key, values } }, { tags: { key: `${PRINCIPAL_TAG}${key}`, values } }],
      },
      [
        ...values.flatMap((value) => tagFindings({ [key]: value })),
        ...(values.length === 0
          ? [`tag "${key}" is given without a value, and no cost has it; give at least one`]
          : []),
      ],
    );
  }

  private constructor(
    /** The filter of the budget. */
    public readonly filter: budgets.CfnBudget.ExpressionProperty,
    /** What speaks against these costs. */
    public readonly findings: readonly string[],
  ) {}
}

function serviceFindings(names: readonly string[]): string[] {
  return names.length === 0 || names.some((name) => !Token.isUnresolved(name) && name.trim() === '')
    ? ['services of the budget are empty; name them as AWS Cost Explorer does, for instance "Amazon Bedrock AgentCore"']
    : [];
}
