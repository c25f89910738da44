import { aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledgeWildcardResource } from '../private/acknowledge';
import { Actions } from './actions';
import { RuntimeArns } from './arns';

/** What the permissions of a runtime depend on. */
export interface RuntimeBaselineOptions {
  readonly runtimeName: string;
  /** The repository the image is pulled from. */
  readonly repositoryArn: string;
  /** Whether callers bring a JWT; decides which workload token the agent may ask for. */
  readonly callersHaveJwt: boolean;
}

/**
 * Who may assume the execution role: AgentCore, on behalf of this account and of this runtime only.
 *
 * Without the two conditions another account could have the service use the role (confused deputy).
 */
export function runtimeTrust(scope: Construct, runtimeName: string): iam.IPrincipal {
  return new iam.ServicePrincipal('bedrock-agentcore.amazonaws.com', {
    conditions: {
      StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
      ArnLike: { 'aws:SourceArn': new RuntimeArns(scope, runtimeName).runtime },
    },
  });
}

/**
 * Grants what every runtime needs: pull its image, write its own logs, get a token for its own workload identity.
 *
 * Traces and `cloudwatch:PutMetricData` are not here: the agent writes its metrics through its log.
 */
export function grantRuntimeBaseline(principal: iam.IPrincipal & Construct, options: RuntimeBaselineOptions): void {
  const arns = new RuntimeArns(principal, options.runtimeName);
  const grant = (sid: string, actions: readonly string[], ...resources: string[]): void => {
    principal.addToPrincipalPolicy(new iam.PolicyStatement({ sid, actions: [...actions], resources }));
  };

  grant('PullImage', Actions.PULL_IMAGE, options.repositoryArn);

  grant('RegistryToken', Actions.REGISTRY_TOKEN, '*');
  acknowledgeWildcardResource(principal, '*', 'ecr:GetAuthorizationToken has no resource type');

  grant('OwnLogGroups', Actions.LOG_GROUP, arns.logGroups);
  acknowledgeWildcardResource(
    principal,
    arns.logGroups,
    'AgentCore appends an id of its own to the runtime name in the name of the log group',
  );

  grant('OwnLogStreams', Actions.WRITE_LOGS, arns.logStreams);
  acknowledgeWildcardResource(
    principal,
    arns.logStreams,
    'AgentCore names the log streams of each microVM; the log group is limited to this runtime',
  );

  grant('DescribeLogGroups', Actions.DESCRIBE_LOG_GROUPS, arns.everyLogGroup);
  acknowledgeWildcardResource(
    principal,
    arns.everyLogGroup,
    'logs:DescribeLogGroups lists groups of the account and Region; it shows names and no content',
  );

  grant(
    'OwnWorkloadToken',
    options.callersHaveJwt ? Actions.WORKLOAD_TOKEN_FOR_JWT : Actions.WORKLOAD_TOKEN,
    arns.workloadIdentityDirectory,
    arns.workloadIdentity,
  );
  acknowledgeWildcardResource(
    principal,
    arns.workloadIdentity,
    'AgentCore makes the workload identity and appends an id of its own to the runtime name',
  );
}
