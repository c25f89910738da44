import { Annotations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { CEDAR_PACKAGE } from './cedar-engine';
import { NAMESPACE, PRINCIPAL_TYPES } from './cedar-schema';
import type { PolicyScope, WrittenPolicy } from './policy-source';
import type { CedarVerdict } from './policy-validation';

/** Warns of what the service may refuse, and of policies that do nothing. */
export function warnOfPolicies(
  construct: IConstruct,
  policies: readonly WrittenPolicy[],
  scope: PolicyScope,
  verdict: CedarVerdict | undefined,
): void {
  const annotations = Annotations.of(construct);
  if (policies.every(({ statement }) => statement.effect === 'forbid')) {
    annotations.addWarningV2(
      'cdk-agentcore-constructs:nothingPermitted',
      'no policy permits anything, so the gateway denies every call; add a permit',
    );
  }
  const judged = policies.filter(({ acceptFindings }) => !acceptFindings);
  const names = (of: readonly WrittenPolicy[]) => of.map(({ name }) => `"${name}"`).join(', ');
  const unconditional = judged.filter(
    ({ statement }) => !statement.conditional && statement.principal.every(({ id }) => id === undefined),
  );
  if (unconditional.length > 0) {
    annotations.addWarningV2(
      'cdk-agentcore-constructs:unconditionalPolicy',
      `every caller and every input meets ${names(unconditional)}, and the analysis of AgentCore refuses such a policy at deployment; add a condition, or say that it is meant: acceptFindings: true, in Cedar @acceptFindings("<why>")`,
    );
  }
  const anyone = judged.filter(({ statement }) => statement.principal.length === 0);
  if (anyone.length > 0) {
    annotations.addWarningV2(
      'cdk-agentcore-constructs:anyPrincipal',
      `the principal is left open in ${names(anyone)}: AgentCore then checks the policy for kinds of callers that this gateway does not have, without claims for instance, and may refuse it; write principal is ${NAMESPACE}::${PRINCIPAL_TYPES[scope.callers]}`,
    );
  }
  if (verdict === undefined) {
    annotations.addWarningV2(
      'cdk-agentcore-constructs:cedarNotInstalled',
      `the policies are not checked before deployment, because the package "${CEDAR_PACKAGE}" is not installed; run: npm install --save-dev ${CEDAR_PACKAGE}`,
    );
    return;
  }
  warnOfVerdict(annotations, verdict);
}

function warnOfVerdict(annotations: Annotations, { doubts, unreachable, unchecked }: CedarVerdict): void {
  const listed = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
  if (unreachable.length > 0) {
    annotations.addWarningV2(
      'cdk-agentcore-constructs:unreachablePolicy',
      `no call can meet ${listed(unreachable)}; mend the conditions, or take it out`,
    );
  }
  if (doubts.length > 0) {
    annotations.addWarningV2(
      'cdk-agentcore-constructs:doubtfulPolicy',
      `AgentCore may refuse policies; how it reads arrays of anything and objects without properties is not documented: ${doubts.join('; ')}`,
    );
  }
  if (unchecked.length > 0) {
    annotations.addInfoV2(
      'cdk-agentcore-constructs:uncheckedPolicy',
      `only the syntax of ${listed(unchecked)} is checked, because only AgentCore knows the tools of the targets`,
    );
  }
}
