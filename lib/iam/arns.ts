import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * ARN patterns of what belongs to one runtime. AgentCore names these `<runtime name>-<id>`, and runtime names have no
 * hyphen, so `<name>-*` covers this runtime and no other whose name merely begins alike.
 */
export class RuntimeArns {
  constructor(
    private readonly scope: IConstruct,
    private readonly runtimeName: string,
  ) {}

  /** The runtime itself. */
  public get runtime(): string {
    return this.agentCore(`runtime/${this.runtimeName}-*`);
  }

  /** The log groups of the runtime's endpoints. */
  public get logGroups(): string {
    return this.logGroup(`/aws/bedrock-agentcore/runtimes/${this.runtimeName}-*`);
  }

  /** The log streams in those groups. */
  public get logStreams(): string {
    return `${this.logGroups}:log-stream:*`;
  }

  /** Every log group of the account and Region. */
  public get everyLogGroup(): string {
    return this.logGroup('*');
  }

  /** The directory that holds the workload identities of the account. */
  public get workloadIdentityDirectory(): string {
    return this.agentCore('workload-identity-directory/default');
  }

  /** The workload identity that AgentCore makes for the runtime. */
  public get workloadIdentity(): string {
    return `${this.workloadIdentityDirectory}/workload-identity/${this.runtimeName}-*`;
  }

  private agentCore(resource: string): string {
    return Arn.format(
      { service: 'bedrock-agentcore', resource, arnFormat: ArnFormat.NO_RESOURCE_NAME },
      Stack.of(this.scope),
    );
  }

  private logGroup(name: string): string {
    return Arn.format(
      { service: 'logs', resource: 'log-group', resourceName: name, arnFormat: ArnFormat.COLON_RESOURCE_NAME },
      Stack.of(this.scope),
    );
  }
}

/** The ARN of an endpoint; calls without a qualifier go to `DEFAULT`. */
export function endpointArn(runtimeArn: string, endpointName = 'DEFAULT'): string {
  return `${runtimeArn}/runtime-endpoint/${endpointName}`;
}

/** ARN pattern of a code interpreter of the account: AgentCore appends a hyphen and an id of its own to the name. */
export function codeInterpreterArns(scope: IConstruct, name: string): string {
  return Arn.format(
    { service: 'bedrock-agentcore', resource: 'code-interpreter-custom', resourceName: `${name}-*` },
    Stack.of(scope),
  );
}

/** The ARN of a code interpreter that AWS keeps for every account. */
export function managedCodeInterpreterArn(scope: IConstruct, codeInterpreterId: string): string {
  return Arn.format(
    { service: 'bedrock-agentcore', account: 'aws', resource: 'code-interpreter', resourceName: codeInterpreterId },
    Stack.of(scope),
  );
}
