import { rolePolicies, type ResolvedTemplate, type RolePolicies } from '../../../lib/testing';

/** An AWS::IAM::Role of the template. */
export interface TemplateRole {
  readonly name: string;
  readonly arn: string;
  readonly partition: string;
  readonly account: string;
  /** How long a session of it may last when it is not assumed by another role. */
  readonly maxSessionSeconds: number;
  readonly tags: Readonly<Record<string, string>>;
  /**
   * What it may do and whom it trusts.
   *
   * @throws Error when the template does not tell, because a managed policy is not in it
   */
  policies(): RolePolicies;
}

/** IAM's own where the template says nothing. */
const DEFAULT_MAX_SESSION_SECONDS = 3_600;

/** Reads one role of a stack. Its policies are read when somebody uses it: many roles of an app nobody uses here. */
export function readRole(template: ResolvedTemplate, logicalId: string): TemplateRole {
  let policies: RolePolicies | undefined;
  return {
    name: template.ref(logicalId),
    arn: template.getAtt(logicalId, 'Arn'),
    partition: template.partition,
    account: template.account,
    maxSessionSeconds: Number(template.property(logicalId, 'MaxSessionDuration') ?? DEFAULT_MAX_SESSION_SECONDS),
    tags: readTags(template.property(logicalId, 'Tags')),
    policies: () => (policies ??= rolePolicies(template, logicalId)),
  };
}

function readTags(tags: unknown): Record<string, string> {
  const pairs = Array.isArray(tags) ? (tags as { readonly Key: string; readonly Value: string }[]) : [];
  return Object.fromEntries(pairs.map(({ Key, Value }) => [Key, Value]));
}
