import { createHash } from 'node:crypto';
import { aws_bedrockagentcore as agentcore, Stack, Tags } from 'aws-cdk-lib';
import type { aws_ec2 as ec2, aws_iam as iam } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { managedCodeInterpreterArn } from '../iam/arns';
import { uniqueAgentCoreName } from '../private/naming';
import { tagFindings } from '../private/tag-rules';
import { throwFindings } from '../private/validation';
import type { BucketAccess } from './bucket-access';
import { CodeInterpreterNetwork } from './code-interpreter-network';
import { CodeInterpreterRole } from './code-interpreter-role';
import { CodeInterpreterToolBase } from './code-interpreter-tool-base';

/** Properties of a CodeInterpreterTool. */
export interface CodeInterpreterToolProps {
  /**
   * What the code can reach. Changing it replaces the interpreter.
   *
   * @default CodeInterpreterNetwork.sandbox()
   */
  readonly network?: CodeInterpreterNetwork;

  /**
   * Objects in Amazon S3 that the code can reach, the same for every user. The interpreter then has a role, whose
   * credentials the code can read; it allows this and nothing else. Adding the first or taking out the last replaces the
   * interpreter.
   *
   * @default - none, and no role
   */
  readonly bucketAccess?: BucketAccess[];

  /**
   * What the interpreter is for. Changing it replaces the interpreter.
   *
   * @default - no description
   */
  readonly description?: string;

  /**
   * Tags of the interpreter and its role, beside those of the app.
   *
   * @default - none
   */
  readonly tags?: Record<string, string>;
}

/** The interpreter that AWS keeps for every account ("Code Interpreter" in the AgentCore developer guide). */
const MANAGED_ID = 'aws.codeinterpreter.v1';

/**
 * A place where the code that a model writes runs: microVMs of AgentCore apart from the agent's, without the agent's
 * credentials and files, and by default without a way to the internet and without a role.
 *
 * Nearly every change replaces the interpreter, which ends its sessions; the agent starts others. Its name changes along,
 * because the new one is made before the old one is deleted.
 */
export class CodeInterpreterTool extends CodeInterpreterToolBase implements ec2.IConnectable {
  /**
   * The interpreter that AWS keeps for every account. It reaches no bucket, and every principal of the account that may use
   * it sees the sessions of the others; a `CodeInterpreterTool` of its own keeps an agent apart.
   */
  public static managed(scope: Construct, id: string): CodeInterpreterToolBase {
    return new BroughtInterpreter(scope, id, MANAGED_ID, managedCodeInterpreterArn(scope, MANAGED_ID));
  }

  /** An interpreter that is defined elsewhere: an L1, an L2 or an imported one. */
  public static fromCodeInterpreter(
    scope: Construct,
    id: string,
    { codeInterpreterCustomRef }: agentcore.ICodeInterpreterCustomRef,
  ): CodeInterpreterToolBase {
    const { codeInterpreterId, codeInterpreterArn } = codeInterpreterCustomRef;
    return new BroughtInterpreter(scope, id, codeInterpreterId, codeInterpreterArn);
  }

  /** The name of the interpreter. */
  public readonly codeInterpreterName: string;

  /** The L1: the way to what this construct does not offer. The L2 always has a role. */
  public readonly codeInterpreter: agentcore.CfnCodeInterpreterCustom;

  /** The role whose credentials the code can read; undefined without `bucketAccess`. */
  public readonly role?: iam.IRole;

  private readonly networkConnections: ec2.Connections | undefined;

  /** @throws Error with every finding about the properties */
  constructor(scope: Construct, id: string, props: CodeInterpreterToolProps = {}) {
    super(scope, id);
    const network = props.network ?? CodeInterpreterNetwork.sandbox();
    const bucketAccess = props.bucketAccess ?? [];
    const tags = props.tags ?? {};
    throwFindings(this, [...network.findings(), ...tagFindings(tags)]);

    const { configuration, connections } = network.bind(this);
    this.networkConnections = connections;
    const hasRole = bucketAccess.length > 0;
    // The role has a constant id, so it is replaced only together with the path of the construct, which is in the name.
    const replacing = {
      description: props.description,
      hasRole,
      network: Stack.of(this).resolve(configuration) as unknown,
    };
    this.codeInterpreterName = `${uniqueAgentCoreName(this)}_${hash(replacing)}`;

    const role = hasRole
      ? new CodeInterpreterRole(this, 'Role', { codeInterpreterName: this.codeInterpreterName, bucketAccess })
      : undefined;
    this.codeInterpreter = new agentcore.CfnCodeInterpreterCustom(this, 'CodeInterpreter', {
      name: this.codeInterpreterName,
      networkConfiguration: configuration,
      ...(role === undefined ? {} : { executionRoleArn: role.role.roleArn }),
      ...(props.description === undefined ? {} : { description: props.description }),
    });
    if (role !== undefined) {
      this.role = role.role;
      this.codeInterpreter.node.addDependency(role);
    }
    for (const [key, value] of Object.entries(tags)) Tags.of(this).add(key, value);
  }

  public get codeInterpreterId(): string {
    return this.codeInterpreter.attrCodeInterpreterId;
  }

  public get codeInterpreterArn(): string {
    return this.codeInterpreter.attrCodeInterpreterArn;
  }

  /**
   * The network connections of an interpreter in a VPC.
   *
   * @throws Error when the interpreter is not in a VPC
   */
  public get connections(): ec2.Connections {
    if (this.networkConnections !== undefined) return this.networkConnections;
    throw new Error(
      `${this.node.path}: the code interpreter is not in a VPC, so it has no connections; give it CodeInterpreterNetwork.vpc()`,
    );
  }
}

class BroughtInterpreter extends CodeInterpreterToolBase {
  constructor(
    scope: Construct,
    id: string,
    public readonly codeInterpreterId: string,
    public readonly codeInterpreterArn: string,
  ) {
    super(scope, id);
  }
}

/** Eight hexadecimal digits; values that only the deployment knows stand in as references to logical ids. */
function hash(properties: unknown): string {
  return createHash('sha256').update(JSON.stringify(properties)).digest('hex').slice(0, 8);
}
