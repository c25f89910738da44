import { aws_iam as iam, Duration } from 'aws-cdk-lib';
import type { aws_cloudwatch as cloudwatch, aws_s3 as s3 } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IAgent, IAgentCapability } from '../agent/agent';
import { AgentEnvironment } from '../agent/agent-environment';
import { UserRole } from '../agent/user-role';
import { objectStatements, WORKSPACES_PREFIX, type ObjectPermission } from '../iam/object-access';
import { USER_KEY_VARIABLE } from '../iam/user-scope';
import { type Dimensions, type MetricDefinition, metricOf } from '../metrics/metric';
import { bucketObjectDimensions, bucketSizeDimensions, StorageMetrics } from '../metrics/storage-metrics';
import { metricOfResource } from '../private/arn-environment';
import { throwFindings } from '../private/validation';
import { granteeFindings } from './grantee-findings';
import { userKeyFindings } from './user-key';

/** Once a day is all that S3 reports: an alarm with a shorter period would miss data most of the time. */
const DAY = Duration.days(1);

/**
 * What a bucket of workspaces gives to agents and to others.
 *
 * The objects of a user begin with `workspaces/<user key>/`. The user key is the subject of the user's token where it is
 * made of letters, digits and `. _ : = + @ -` (128 at the most), otherwise `x-` and a hash; callers with IAM who name no
 * user have one for each session.
 */
export abstract class WorkspaceBucketBase extends Construct implements IAgentCapability {
  /** The bucket. */
  public abstract readonly bucket: s3.IBucket;

  /** Whom something was granted. */
  private readonly grantees = new Set<iam.IPrincipal>();

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.node.addValidation({
      validate: () => [...this.grantees].flatMap((grantPrincipal) => granteeFindings({ grantPrincipal })),
    });
  }

  /**
   * Keeps the workspaces of `agent` in this bucket. Its execution role reaches no object; the user-scoped role reaches those
   * of one user: lists, reads, writes, deletes. Several agents can share a bucket; a user then has one place in it.
   */
  public bindToAgent(agent: IAgent): void {
    agent.addEnvironment(AgentEnvironment.WORKSPACE_BUCKET, this.bucket.bucketName);
    UserRole.of(agent).addPolicy('Workspace', {
      description: 'The workspaces of the user',
      statements: objectStatements(this.bucket, userPrefix(USER_KEY_VARIABLE), ['read', 'write', 'delete']),
    });
  }

  /**
   * Allows `grantee`, a principal of the same account such as the function behind a file browser, to list and read
   * workspaces.
   *
   * @param userKey whose; all users by default
   * @throws Error when the user key is not one, or the grantee is an agent, or a role that AgentCore or an agent takes on
   */
  public grantRead(grantee: iam.IGrantable, userKey?: string): iam.Grant {
    return this.grant(grantee, ['read'], userKey);
  }

  /** As `grantRead`, and to write objects: only for what knows the format, as a workspace with foreign objects is damaged. */
  public grantReadWrite(grantee: iam.IGrantable, userKey?: string): iam.Grant {
    return this.grant(grantee, ['read', 'write'], userKey);
  }

  /** Allows `grantee` to delete objects, all those of a workspace at once or none; what is deleted is kept as an old version for a while, and can be brought back. */
  public grantDelete(grantee: iam.IGrantable, userKey?: string): iam.Grant {
    return this.grant(grantee, ['delete'], userKey);
  }

  /** Bytes of all workspaces, old versions included. Average over a day, once a day. */
  public metricSize(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(StorageMetrics.BUCKET_SIZE, bucketSizeDimensions(this.bucket.bucketName), options);
  }

  /** Objects of all workspaces, old versions included. Average over a day, once a day. */
  public metricObjects(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(StorageMetrics.BUCKET_OBJECTS, bucketObjectDimensions(this.bucket.bucketName), options);
  }

  private metric(
    definition: MetricDefinition,
    dimensions: Dimensions,
    options?: cloudwatch.MetricOptions,
  ): cloudwatch.Metric {
    return metricOfResource(this.bucket, (place) =>
      metricOf(definition, dimensions, { ...place, period: DAY, ...options }),
    );
  }

  private grant(grantee: iam.IGrantable, permissions: readonly ObjectPermission[], userKey?: string): iam.Grant {
    throwFindings(this, [...granteeFindings(grantee), ...(userKey === undefined ? [] : userKeyFindings(userKey))]);
    this.grantees.add(grantee.grantPrincipal);
    const prefix = userKey === undefined ? WORKSPACES_PREFIX : userPrefix(userKey);
    return objectStatements(this.bucket, prefix, permissions)
      .map(({ statement: { actions, resources, conditions } }) =>
        iam.Grant.addToPrincipal({ grantee, actions, resourceArns: resources, conditions }),
      )
      .reduce((all, grant) => all.combine(grant));
  }
}

function userPrefix(userKey: string): string {
  return `${WORKSPACES_PREFIX}${userKey}/`;
}
