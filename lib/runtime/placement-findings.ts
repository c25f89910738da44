import { Annotations, Arn, ArnFormat, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ClaudeModels } from '../model/claude-models';
import type { IAgentCapability } from '../agent/agent';
import type { IAgentModels } from '../model/agent-models';
import { ModelRoute } from '../model/model-access';
import { ModelGuardrail } from '../model/model-guardrail';

/** What speaks against the guardrails among these, where both their place and that of the agent are known. */
export function guardrailPlaceFindings(
  scope: IConstruct,
  capabilities: readonly (IAgentCapability | undefined)[],
): string[] {
  return capabilities
    .filter((capability) => capability instanceof ModelGuardrail)
    .flatMap((guardrail) => placeFindings(scope, guardrail));
}

function placeFindings(scope: IConstruct, guardrail: ModelGuardrail): string[] {
  if (Token.isUnresolved(guardrail.guardrailArn)) return [];
  const { account, region } = Stack.of(scope);
  const { account: ofGuardrail, region: regionOfGuardrail } = Arn.split(
    guardrail.guardrailArn,
    ArnFormat.SLASH_RESOURCE_NAME,
  );
  return [
    ...(differ(account, ofGuardrail)
      ? [
          `the guardrail is in the account ${ofGuardrail} and the agent in ${account}, where IAM does not know its condition, so every model call would be refused; use a guardrail of ${account}`,
        ]
      : []),
    ...(differ(region, regionOfGuardrail)
      ? [
          `the guardrail is in ${regionOfGuardrail} and the agent in ${region}, where Amazon Bedrock does not find it, so every model call would fail; use a guardrail of ${region}`,
        ]
      : []),
  ];
}

/** Warns of application inference profiles in another Region, from which Amazon Bedrock does not answer the agent. */
export function warnOfProfilePlaces(scope: IConstruct, models: IAgentModels): void {
  if (!(models instanceof ClaudeModels)) return;
  const { region } = Stack.of(scope);
  const { main, fast, subagent, opus, sonnet, haiku } = models;
  const profiles = [main, fast, subagent, opus, sonnet, haiku]
    .filter((access) => access?.route === ModelRoute.APPLICATION_PROFILE)
    .map((access) => access?.invocationId ?? '')
    .filter((arn) => !Token.isUnresolved(arn) && differ(region, regionOf(arn)));
  if (profiles.length === 0) return;
  Annotations.of(scope).addWarningV2(
    'cdk-agentcore-constructs:profileOfOtherRegion',
    `${[...new Set(profiles)].join(', ')} cannot be called from ${region}: Amazon Bedrock looks for an application inference profile in the Region of the agent; make it in ${region}, or acknowledge this warning`,
  );
}

function regionOf(arn: string): string {
  return Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME).region ?? '';
}

/** Whether two places are both known, and are not the same. */
function differ(one: string, other: string | undefined): boolean {
  return other !== undefined && !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
}
