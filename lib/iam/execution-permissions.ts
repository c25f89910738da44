import { Annotations, aws_iam as iam, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { acknowledgeWildcardResource } from '../private/acknowledge';
import { renderedText } from '../private/rendered-text';
import type { BaselineStatement } from './runtime-baseline';

/** Characters a managed policy may have, white space not counted (IAM quotas). */
const MANAGED_POLICY_CHARACTERS = 6144;

/** Managed policies that a role may have, unless the account was given more (IAM quotas). */
const MANAGED_POLICIES = 10;

/** The document around the statements. */
const DOCUMENT_CHARACTERS = JSON.stringify({ Version: '2012-10-17', Statement: [] }).length;

/** What a reference to a resource counts as: its ARN or name is only known at deployment, and seldom longer. */
const REFERENCE_CHARACTERS = 160;

/** How the permissions relate to the role. */
export interface ExecutionPermissionsProps {
  /** The role that the runtime assumes. */
  readonly role: iam.IRole;
  /** Whether policies are made and attached to the role; otherwise the permissions are listed only. */
  readonly attached: boolean;
  /**
   * Whose permissions they are, in words.
   *
   * @default 'agent'
   */
  readonly holder?: string;
}

/**
 * The permissions of an execution role, and the principal that grants write to: in customer-managed policies of their own,
 * or, for a role that somebody else keeps, as a list only.
 *
 * The role itself stays untouched: an L2 that holds it would otherwise add its own, wider statements, and a grant to an L2
 * with an immutable role is dropped without a word. Statements that no longer fit into one managed policy open the next.
 *
 * Make the resource that assumes the role depend on this construct: it covers every policy, those added later included.
 */
export class ExecutionPermissions extends Construct implements iam.IPrincipal {
  public readonly grantPrincipal: iam.IPrincipal = this;
  public readonly assumeRoleAction: string;
  public readonly policyFragment: iam.PrincipalPolicyFragment;
  public readonly principalAccount?: string;

  private readonly role: iam.IRole;
  private readonly attached: boolean;
  private readonly holder: string;
  private readonly statements: iam.PolicyStatement[] = [];
  private readonly documents: iam.PolicyDocument[] = [];
  private readonly policies: iam.ManagedPolicy[] = [];
  private characters = 0;

  constructor(scope: Construct, id: string, { role, attached, holder = 'agent' }: ExecutionPermissionsProps) {
    super(scope, id);
    this.role = role;
    this.attached = attached;
    this.holder = holder;
    this.assumeRoleAction = role.assumeRoleAction;
    this.policyFragment = role.policyFragment;
    if (role.principalAccount !== undefined) this.principalAccount = role.principalAccount;
  }

  /** Every permission as one document; what is granted after this call is in it too once it is rendered. */
  public document(): iam.PolicyDocument {
    // One for each caller, so that what somebody adds to a policy of theirs is not taken for a permission of the agent.
    const document = new iam.PolicyDocument({ statements: this.statements });
    this.documents.push(document);
    return document;
  }

  /**
   * Adds what every runtime needs: a policy of its own, so that the acknowledgements of its wildcards do not cover what an
   * app grants later.
   */
  public addBaseline(baseline: readonly BaselineStatement[]): void {
    for (const { statement } of baseline) this.list(statement);
    if (!this.attached) return;

    const policy = new iam.ManagedPolicy(this, 'Baseline', {
      description: 'Image, logs and identity of the agent',
      roles: [this.role],
      statements: baseline.map(({ statement }) => statement),
    });
    for (const { wildcard } of baseline) {
      if (wildcard !== undefined) acknowledgeWildcardResource(policy, wildcard.resource, wildcard.reason);
    }
  }

  public addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    this.list(statement);
    if (!this.attached) return { statementAdded: true, policyDependable: this };

    const policy = this.policyWithRoomFor(this.length(statement));
    policy.addStatements(statement);
    return { statementAdded: true, policyDependable: policy };
  }

  public addToPolicy(statement: iam.PolicyStatement): boolean {
    return this.addToPrincipalPolicy(statement).statementAdded;
  }

  private list(statement: iam.PolicyStatement): void {
    this.statements.push(statement);
    for (const document of this.documents) document.addStatements(statement);
  }

  private policyWithRoomFor(length: number): iam.ManagedPolicy {
    const current = this.policies.at(-1);
    this.characters += length;
    if (current !== undefined && DOCUMENT_CHARACTERS + this.characters <= MANAGED_POLICY_CHARACTERS) return current;

    this.characters = length;
    const number = this.policies.length + 1;
    const policy = new iam.ManagedPolicy(this, number === 1 ? 'Grants' : `Grants${number}`, {
      description: `What the ${this.holder} was granted`,
      roles: [this.role],
    });
    this.policies.push(policy);
    // The baseline is one more.
    if (this.policies.length === MANAGED_POLICIES) this.warnOfPolicies();
    return policy;
  }

  private warnOfPolicies(): void {
    Annotations.of(this).addWarningV2(
      'cdk-agentcore-constructs:manyManagedPolicies',
      `what the ${this.holder} is granted fills more than ${MANAGED_POLICIES} managed policies, and a role has room for ${MANAGED_POLICIES} unless the account was given more; grant on fewer resources (a prefix, a table with several kinds of items), have the quota "Managed policies attached to an IAM role" raised and acknowledge this warning, or split the ${this.holder}`,
    );
  }

  private length(statement: iam.PolicyStatement): number {
    const text = renderedText(this, Stack.of(this).toJsonString(statement.toStatementJson()));
    // Pseudo parameters are about as long as what they stand for; the comma joins the statements.
    return text.replace(/<(?!AWS::)[^<>]*>/g, 'x'.repeat(REFERENCE_CHARACTERS)).length + 1;
  }
}
