import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeResourcePoliciesCommand,
  PutResourcePolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  GetIndexingRulesCommand,
  GetTraceSegmentDestinationCommand,
  UpdateIndexingRuleCommand,
  UpdateTraceSegmentDestinationCommand,
  XRayClient,
} from '@aws-sdk/client-xray';
import type { SpanSettings } from './span-settings';

const SPAN_LOG_GROUP = 'aws/spans';

/** The only indexing rule there is; AWS X-Ray makes it. */
const INDEXING_RULE = 'Default';

/** The settings of the account and Region that the function runs in. */
export class AwsSpanSettings implements SpanSettings {
  constructor(
    private readonly xray = new XRayClient({}),
    private readonly logs = new CloudWatchLogsClient({}),
  ) {}

  public async destination(): Promise<{ isCloudWatchLogs: boolean; isActive: boolean }> {
    const { Destination, Status } = await allowed('xray', 'GetTraceSegmentDestination', () =>
      this.xray.send(new GetTraceSegmentDestinationCommand({})),
    );
    return { isCloudWatchLogs: Destination === 'CloudWatchLogs', isActive: Status !== 'PENDING' };
  }

  public resourcePolicies(): Promise<{ name: string; document: string }[]> {
    return allowed('logs', 'DescribeResourcePolicies', async () => {
      const policies: { name: string; document: string }[] = [];
      let nextToken: string | undefined;
      do {
        const page = await this.logs.send(new DescribeResourcePoliciesCommand({ nextToken }));
        for (const { policyName = '', policyDocument = '' } of page.resourcePolicies ?? []) {
          policies.push({ name: policyName, document: policyDocument });
        }
        ({ nextToken } = page);
      } while (nextToken !== undefined);
      return policies;
    });
  }

  public async indexingPercentage(): Promise<number | undefined> {
    const { IndexingRules } = await allowed('xray', 'GetIndexingRules', () =>
      this.xray.send(new GetIndexingRulesCommand({})),
    );
    return IndexingRules?.find(({ Name }) => Name === INDEXING_RULE)?.Rule?.Probabilistic?.DesiredSamplingPercentage;
  }

  public async spanLogGroup(): Promise<{ encryptionKeyArn: string | undefined } | undefined> {
    const { logGroups } = await allowed('logs', 'DescribeLogGroups', () =>
      this.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: SPAN_LOG_GROUP })),
    );
    const present = logGroups?.find(({ logGroupName }) => logGroupName === SPAN_LOG_GROUP);
    return present === undefined ? undefined : { encryptionKeyArn: present.kmsKeyId };
  }

  public async putResourcePolicy(policyName: string, policyDocument: string): Promise<void> {
    await allowed('logs', 'PutResourcePolicy', () =>
      this.logs.send(new PutResourcePolicyCommand({ policyName, policyDocument })),
    );
  }

  public async sendToCloudWatchLogs(SpansLogGroupKmsKeyId: string | undefined): Promise<void> {
    await allowed('xray', 'UpdateTraceSegmentDestination', () =>
      this.xray.send(
        new UpdateTraceSegmentDestinationCommand({
          Destination: 'CloudWatchLogs',
          ...(SpansLogGroupKmsKeyId === undefined ? {} : { CloudWatchLogsConfiguration: { SpansLogGroupKmsKeyId } }),
        }),
      ),
    );
  }

  public async setIndexingPercentage(DesiredSamplingPercentage: number): Promise<void> {
    await allowed('xray', 'UpdateIndexingRule', () =>
      this.xray.send(
        new UpdateIndexingRuleCommand({ Name: INDEXING_RULE, Rule: { Probabilistic: { DesiredSamplingPercentage } } }),
      ),
    );
  }
}

/** Does `act`; a denial tells which action was denied, and keeps its name. */
async function allowed<Output>(service: string, operation: string, act: () => Promise<Output>): Promise<Output> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AccessDeniedException') throw error;
    const denied = new Error(
      `AWS denied ${service}:${operation} to the function that switches Transaction Search on (${error.message}). Its role allows that, so look for a permissions boundary, a service control policy or a resource policy of CloudWatch Logs that denies it, and deploy again.`,
      { cause: error },
    );
    denied.name = error.name;
    throw denied;
  }
}
