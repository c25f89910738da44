import type { CheckedApp, CheckedResource } from './checked-app';

/**
 * What a finding means for the app.
 *
 * `error`: the deployment or what it deploys fails, or something reaches what belongs to others. `warning`: it works, but
 * seldom as meant, or the rule rests on data that ages.
 */
export type Level = 'error' | 'warning';

/** One place where an app breaks a rule. */
export interface Finding {
  readonly resource: CheckedResource;

  /** What is wrong, with the value, in lower case and without a full stop. Never a secret. */
  readonly problem: string;

  /**
   * What tells this finding from others of the rule on the same resource. Part of the id that acknowledges it.
   *
   * @default - the rule has one finding for a resource
   */
  readonly detail?: string;
}

/** A rule about AgentCore resources, or about what surrounds them. */
export interface Rule {
  /** Never changes once released: apps acknowledge it. */
  readonly id: `AgentCore-${string}`;
  readonly level: Level;
  /** What is wrong where the rule finds something. */
  readonly title: string;
  /** Why that matters. */
  readonly why: string;
  /** What to do about it. */
  readonly remedy: string;
  /** The page of AWS that says so. */
  readonly documentation: string;
  /** The property of the resource that is at fault, for the report; undefined for the resource as a whole. */
  readonly property?: string;
  readonly check: (app: CheckedApp) => readonly Finding[];
}

/** Findings of a rule that looks at each resource of some types on its own. */
export function eachResource(
  types: readonly string[],
  check: (resource: CheckedResource, app: CheckedApp) => readonly Omit<Finding, 'resource'>[],
): Rule['check'] {
  return (app) =>
    types
      .flatMap((type) => app.resourcesOfType(`AWS::BedrockAgentCore::${type}`))
      .flatMap((resource) => check(resource, app).map((finding) => ({ ...finding, resource })));
}

const AGENTCORE_GUIDE = 'https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide';
const CLOUDFORMATION = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference';

/** A page of the AgentCore developer guide. */
export function guide(page: string): string {
  return `${AGENTCORE_GUIDE}/${page}.html`;
}

/** A page of the CloudFormation reference, for what the developer guide does not say. */
export function cloudFormation(page: string): string {
  return `${CLOUDFORMATION}/${page}.html`;
}
