import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Finding, Rule } from './rule';

/** What the CDK puts before the id of an acknowledgement that names no plugin. */
const UNQUALIFIED = 'Annotation::';

/** The id of a finding: that of its rule, with the detail in brackets where the rule has several for one resource. */
export function findingId(rule: Rule, { detail }: Finding): string {
  return detail === undefined ? rule.id : `${rule.id}[${withoutBrackets(detail)}]`;
}

/**
 * The name under which the CDK suppresses and records a finding that was acknowledged by its bare id, on `construct` or
 * above; undefined where it was not. Ids that name the plugin are left to the CDK.
 *
 * The CDK itself matches ids with the name of a plugin only, but takes the name from the finding where it has one. The
 * finding is therefore handed over under the name of the acknowledgement rather than dropped, and stays in the report with
 * the reason.
 */
export function acknowledgedRuleName(construct: IConstruct, id: string): string | undefined {
  const name = `${UNQUALIFIED}${id.replaceAll(' ', '-')}`;
  const isAcknowledged = construct.node.scopes.some((scope) =>
    scope.node.metadata.some(
      ({ type, data }) =>
        type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY && Object.hasOwn((data ?? {}) as object, name),
    ),
  );
  return isAcknowledged ? name : undefined;
}

/** The CDK refuses ids whose brackets do not match. */
function withoutBrackets(detail: string): string {
  return detail.replace(/[[({]/g, '<').replace(/[\])}]/g, '>');
}
