import { Token } from 'aws-cdk-lib';
import type { aws_bedrock as bedrock } from 'aws-cdk-lib';
import { AgentEnvironment } from '../agent/agent-environment';
import type { IAgent, IAgentCapability } from '../agent/agent';
import { guardrailStatements } from '../iam/guardrail-enforcement';
import { throwFindings } from '../private/validation';
import type { IAgentModels } from './agent-models';

/**
 * A guardrail of Amazon Bedrock around every model call of an agent: the agent names it in each call, and its role is
 * refused a call that does not.
 *
 * The guardrail must be in the account of the agent, because IAM knows the condition for no other.
 */
export class ModelGuardrail implements IAgentCapability {
  /**
   * A guardrail of the app.
   *
   * @param guardrail an L1, an L2, or an imported guardrail
   * @param version a number, for instance `version.attrVersion` of a CfnGuardrailVersion, or `DRAFT`, which changes
   * whenever the guardrail does; what is only known at deployment counts as a number
   * @throws Error when the version is neither
   */
  public static of(guardrail: bedrock.IGuardrailRef, version: string): ModelGuardrail {
    throwFindings('ModelGuardrail.of', versionFindings(version));
    return new ModelGuardrail(guardrail.guardrailRef.guardrailArn, version);
  }

  /**
   * A guardrail that exists.
   *
   * @param guardrailArn its ARN, without a version
   * @param version a number, or `DRAFT`, which changes whenever the guardrail does; what is only known at deployment
   * counts as a number
   * @throws Error when one of them is not what it should be
   */
  public static fromGuardrailArn(guardrailArn: string, version: string): ModelGuardrail {
    throwFindings('ModelGuardrail.fromGuardrailArn', [...arnFindings(guardrailArn), ...versionFindings(version)]);
    return new ModelGuardrail(guardrailArn, version);
  }

  private constructor(
    /** The ARN of the guardrail, without a version. */
    public readonly guardrailArn: string,
    /** A number, or `DRAFT`. */
    public readonly version: string,
  ) {}

  public bindToAgent(agent: IAgent): void {
    // The ARN and not the id: what the condition of the policy is compared with begins with it.
    agent.addEnvironment(AgentEnvironment.GUARDRAIL, JSON.stringify({ id: this.guardrailArn, version: this.version }));
    for (const statement of guardrailStatements(this.guardrailArn, this.version)) {
      agent.grantPrincipal.addToPrincipalPolicy(statement);
    }
  }
}

/** What speaks against the guardrails among these capabilities, wherever they were given, around these models. */
export function guardrailFindings(capabilities: readonly IAgentCapability[], models: IAgentModels): string[] {
  const { length } = capabilities.filter((capability) => capability instanceof ModelGuardrail);
  return [
    ...(length === 0 || models.onBedrock
      ? []
      : [
          'guardrail is given, and the models are not on Amazon Bedrock, whose guardrails reach no others; leave it out, or choose ClaudeModels',
        ]),
    ...(length > 1
      ? [
          `${length} guardrails are given, and a model call names one, so every call would be refused; give one, as guardrail`,
        ]
      : []),
  ];
}

/** Source of both patterns: GuardrailConfigurationWithArn in the Amazon Bedrock API reference. */
function arnFindings(arn: string): string[] {
  return Token.isUnresolved(arn) ||
    /^arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+$/.test(arn)
    ? []
    : [
        `"${arn}" is not the ARN of a guardrail; it looks like "arn:aws:bedrock:eu-central-1:111122223333:guardrail/abc123", and the version is given apart`,
      ];
}

function versionFindings(version: string): string[] {
  return Token.isUnresolved(version) || /^([1-9][0-9]{0,7}|DRAFT)$/.test(version)
    ? []
    : [`guardrail version "${version}" is neither a number from 1 nor "DRAFT"; give the one that is to be applied`];
}
