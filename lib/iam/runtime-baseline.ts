import { aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { acknowledgeWildcardResource } from '../private/acknowledge';
import { Actions } from './actions';
import { RuntimeArns } from './arns';

/** What the baseline permissions of a runtime depend on. */
export interface RuntimeBaselineOptions {
  readonly role: iam.IRole;
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
export function runtimeTrust(scope: IConstruct, runtimeName: string): iam.IPrincipal {
  return new iam.ServicePrincipal('bedrock-agentcore.amazonaws.com', {
    conditions: {
      StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
      ArnLike: { 'aws:SourceArn': new RuntimeArns(scope, runtimeName).runtime },
    },
  });
}

/**
 * What every runtime needs: pull its image, write its own logs, get a token for its own workload identity.
 *
 * Traces and `cloudwatch:PutMetricData` are not here: the agent writes its metrics through its log.
 *
 * A policy of its own, so that the acknowledgements of its wildcards do not cover what an app grants later.
 */
export class RuntimeBaseline extends iam.ManagedPolicy {
  constructor(scope: Construct, id: string, options: RuntimeBaselineOptions) {
    super(scope, id, { description: 'Image, logs and identity of the agent', roles: [options.role] });
    const arns = new RuntimeArns(this, options.runtimeName);

    this.allow('PullImage', Actions.PULL_IMAGE, options.repositoryArn);

    this.allow('RegistryToken', Actions.REGISTRY_TOKEN, '*');
    acknowledgeWildcardResource(this, '*', 'ecr:GetAuthorizationToken has no resource type');

    this.allow('OwnLogGroups', Actions.LOG_GROUP, arns.logGroups);
    acknowledgeWildcardResource(
      this,
      arns.logGroups,
      'AgentCore appends an id of its own to the runtime name in the name of the log group',
    );

    this.allow('OwnLogStreams', Actions.WRITE_LOGS, arns.logStreams);
    acknowledgeWildcardResource(
      this,
      arns.logStreams,
      'AgentCore names the log streams of each microVM; the log group is limited to this runtime',
    );

    this.allow('DescribeLogGroups', Actions.DESCRIBE_LOG_GROUPS, arns.everyLogGroup);
    acknowledgeWildcardResource(
      this,
      arns.everyLogGroup,
      'logs:DescribeLogGroups lists groups of the account and Region; it shows names and no content',
    );

    const tokenActions = options.callersHaveJwt ? Actions.WORKLOAD_TOKEN_FOR_JWT : Actions.WORKLOAD_TOKEN;
    this.allow('OwnWorkloadToken', tokenActions, arns.workloadIdentityDirectory, arns.workloadIdentity);
    acknowledgeWildcardResource(
      this,
      arns.workloadIdentity,
      'AgentCore makes the workload identity and appends an id of its own to the runtime name',
    );
  }

  private allow(sid: string, actions: readonly string[], ...resources: string[]): void {
    this.addStatements(new iam.PolicyStatement({ sid, actions: [...actions], resources }));
  }
}
