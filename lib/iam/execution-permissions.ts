import { aws_iam as iam, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { renderedText } from '../private/rendered-text';

/** Characters a managed policy may have, white space not counted (IAM quotas). */
const MANAGED_POLICY_CHARACTERS = 6144;

/** The document around the statements. */
const DOCUMENT_CHARACTERS = JSON.stringify({ Version: '2012-10-17', Statement: [] }).length;

/** What a reference to a resource counts as: its ARN or name is only known at deployment, and seldom longer. */
const REFERENCE_CHARACTERS = 160;

/**
 * The permissions of an execution role, in customer-managed policies of their own, and the principal that grants write to.
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

  private readonly policies: iam.ManagedPolicy[] = [];
  private characters = 0;

  constructor(
    scope: Construct,
    id: string,
    private readonly role: iam.Role,
  ) {
    super(scope, id);
    this.assumeRoleAction = role.assumeRoleAction;
    this.policyFragment = role.policyFragment;
    if (role.principalAccount !== undefined) this.principalAccount = role.principalAccount;
  }

  public addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    const policy = this.policyWithRoomFor(this.length(statement));
    policy.addStatements(statement);
    return { statementAdded: true, policyDependable: policy };
  }

  public addToPolicy(statement: iam.PolicyStatement): boolean {
    return this.addToPrincipalPolicy(statement).statementAdded;
  }

  private policyWithRoomFor(length: number): iam.ManagedPolicy {
    const current = this.policies.at(-1);
    this.characters += length;
    if (current !== undefined && DOCUMENT_CHARACTERS + this.characters <= MANAGED_POLICY_CHARACTERS) return current;

    this.characters = length;
    const number = this.policies.length + 1;
    const policy = new iam.ManagedPolicy(this, number === 1 ? 'Grants' : `Grants${number}`, {
      description: 'What the agent was granted',
      roles: [this.role],
    });
    this.policies.push(policy);
    return policy;
  }

  private length(statement: iam.PolicyStatement): number {
    const text = renderedText(this, Stack.of(this).toJsonString(statement.toStatementJson()));
    // Pseudo parameters are about as long as what they stand for; the comma joins the statements.
    return text.replace(/<(?!AWS::)[^<>]*>/g, 'x'.repeat(REFERENCE_CHARACTERS)).length + 1;
  }
}
