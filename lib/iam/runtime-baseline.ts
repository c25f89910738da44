import { aws_iam as iam } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { Actions } from './actions';
import { agentCoreTrust } from './agentcore-trust';
import { RuntimeArns } from './arns';

/** What the baseline permissions of a runtime depend on. */
export interface RuntimeBaselineOptions {
  readonly runtimeName: string;
  /** The repository the image is pulled from. */
  readonly repositoryArn: string;
  /** Whether callers bring a JWT; decides which workload token the agent may ask for. */
  readonly callersHaveJwt: boolean;
  /** Whether the agent sends spans. */
  readonly tracing: boolean;
}

/** One statement of the baseline, and why the service leaves no narrower form of a wildcard in it. */
export interface BaselineStatement {
  readonly statement: iam.PolicyStatement;
  /** @default - the statement has no wildcard */
  readonly wildcard?: { readonly resource: string; readonly reason: string };
}

/** Who may assume the execution role: AgentCore, on behalf of this account and of this runtime only. */
export function runtimeTrust(scope: IConstruct, runtimeName: string): iam.IPrincipal {
  return agentCoreTrust(scope, new RuntimeArns(scope, runtimeName).runtime);
}

/** The same as the trust policy of a role that somebody else makes. */
export function runtimeTrustPolicy(scope: IConstruct, runtimeName: string): iam.PolicyDocument {
  const principal = runtimeTrust(scope, runtimeName);
  return new iam.PolicyDocument({
    statements: [new iam.PolicyStatement({ actions: [principal.assumeRoleAction], principals: [principal] })],
  });
}

/**
 * What every runtime needs: pull its image, write its own logs, get a token for its own workload identity, and send spans
 * where that is asked for.
 *
 * `cloudwatch:PutMetricData` is not here: the agent writes its metrics through its log.
 */
export function runtimeBaseline(scope: IConstruct, options: RuntimeBaselineOptions): BaselineStatement[] {
  const arns = new RuntimeArns(scope, options.runtimeName);
  const tokenActions = options.callersHaveJwt ? Actions.WORKLOAD_TOKEN_FOR_JWT : Actions.WORKLOAD_TOKEN;
  return [
    { statement: allow('PullImage', Actions.PULL_IMAGE, options.repositoryArn) },
    forced(allow('RegistryToken', Actions.REGISTRY_TOKEN, '*'), 'ecr:GetAuthorizationToken has no resource type'),
    forced(
      allow('OwnLogGroups', Actions.LOG_GROUP, arns.logGroups),
      'AgentCore appends an id of its own to the runtime name in the name of the log group',
    ),
    forced(
      allow('OwnLogStreams', Actions.WRITE_LOGS, arns.logStreams),
      'AgentCore names the log streams of each microVM; the log group is limited to this runtime',
    ),
    forced(
      allow('DescribeLogGroups', Actions.DESCRIBE_LOG_GROUPS, arns.everyLogGroup),
      'logs:DescribeLogGroups lists groups of the account and Region; it shows names and no content',
    ),
    forced(
      allow('OwnWorkloadToken', tokenActions, arns.workloadIdentityDirectory, arns.workloadIdentity),
      'AgentCore makes the workload identity and appends an id of its own to the runtime name',
    ),
    ...(options.tracing
      ? [
          forced(
            allow('Spans', Actions.WRITE_SPANS, '*'),
            'the actions of AWS X-Ray that take spans have no resource type',
          ),
        ]
      : []),
  ];
}

function allow(sid: string, actions: readonly string[], ...resources: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, actions: [...actions], resources });
}

/** The wildcard is in the last resource of the statement. */
function forced(statement: iam.PolicyStatement, reason: string): BaselineStatement {
  return { statement, wildcard: { resource: statement.resources.at(-1) ?? '*', reason } };
}
