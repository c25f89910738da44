import { whileDenied } from '../custom-resource/while-denied';
import { isAllowed } from './span-policy';
import type { SpanSettings } from './span-settings';
import { untilActive } from './until-active';

/** What the custom resource is given; CloudFormation hands on every value as text. */
export interface TransactionSearchProperties {
  /** The name under which the resource policy is kept. */
  readonly PolicyName: string;
  /** What lets AWS X-Ray write spans, as JSON. */
  readonly PolicyDocument: string;
  /** A number from 0 to 100; without it the percentage stays what it is. */
  readonly IndexingPercentage?: string;
  /** The ARN of the key of `aws/spans`; without it the log group stays what it is. */
  readonly EncryptionKeyArn?: string;
}

/** What CloudFormation asks ("Custom resource request objects" in the AWS CloudFormation user guide), as far as it counts. */
export interface TransactionSearchRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: TransactionSearchProperties;
}

/** There is one setting for an account and Region, so it is one resource whatever changes. */
const PHYSICAL_ID = 'transaction-search';

/**
 * Has Transaction Search on, changing only what differs: it reads first, so an account where all is on already, or the same
 * request once more, is not written to. Deletion changes nothing, because others send spans too.
 *
 * Waits while permissions that were made a moment ago do not count everywhere, and then, for minutes, while AWS X-Ray
 * switches; a switch that takes longer goes on by itself.
 *
 * @param pause waits for so many milliseconds
 * @returns the physical id of the resource
 * @throws Error with a sentence for the events of the stack
 */
export async function applyTransactionSearch(
  { RequestType, PhysicalResourceId = PHYSICAL_ID, ResourceProperties }: TransactionSearchRequest,
  settings: SpanSettings,
  pause: (ms: number) => Promise<unknown>,
): Promise<string> {
  if (RequestType === 'Delete') return PhysicalResourceId;
  await whileDenied(() => changeWhatDiffers(ResourceProperties, settings), pause);
  if (!(await untilActive(settings, pause))) {
    console.log(
      'AWS X-Ray is still switching to CloudWatch Logs (PENDING), which can take ten minutes and needs nothing from you. See "aws xray get-trace-segment-destination"; spans are kept from when it says ACTIVE.',
    );
  }
  return PHYSICAL_ID;
}

async function changeWhatDiffers(properties: TransactionSearchProperties, settings: SpanSettings): Promise<void> {
  const { PolicyName, PolicyDocument } = properties;
  const percentage = wantedPercentage(properties);
  const { isCloudWatchLogs } = await settings.destination();
  const policies = await settings.resourcePolicies();
  const indexed = percentage === undefined ? undefined : await settings.indexingPercentage();
  const keyForNewGroup = await keyOfNewLogGroup(properties, settings);

  const documents = policies.map(({ document }) => document);
  if (!isAllowed(documents, PolicyDocument)) {
    const names = policies.map(({ name }) => name);
    await settings.putResourcePolicy(PolicyName, PolicyDocument).catch((error: unknown) => {
      throw isNamed(error, 'LimitExceededException') ? noRoomForPolicy(names) : error;
    });
  }
  if (!isCloudWatchLogs) {
    await settings.sendToCloudWatchLogs(keyForNewGroup).catch(async (error: unknown) => {
      // AWS X-Ray refuses what is set already: somebody else, or an attempt whose answer was lost, came first.
      if (isNamed(error, 'InvalidRequestException') && (await settings.destination()).isCloudWatchLogs) return;
      throw error;
    });
  }
  if (percentage !== undefined && percentage !== indexed) await settings.setIndexingPercentage(percentage);
}

function wantedPercentage({ IndexingPercentage }: TransactionSearchProperties): number | undefined {
  if (IndexingPercentage === undefined) return undefined;
  const percentage = Number(IndexingPercentage);
  if (IndexingPercentage.trim() !== '' && percentage >= 0 && percentage <= 100) return percentage;
  throw new Error(
    `The percentage of traces to index is "${IndexingPercentage}"; give indexingPercentage of TransactionSearch a number from 0 to 100, and deploy again.`,
  );
}

/** The key to give to AWS X-Ray, which takes one only when it is to make the log group, and refuses it afterwards. */
async function keyOfNewLogGroup(
  { EncryptionKeyArn: wanted }: TransactionSearchProperties,
  settings: SpanSettings,
): Promise<string | undefined> {
  if (wanted === undefined) return undefined;
  const logGroup = await settings.spanLogGroup();
  if (logGroup === undefined) return wanted;
  if (logGroup.encryptionKeyArn === wanted) return undefined;
  throw new Error(
    `The log group aws/spans is there already and is encrypted with ${logGroup.encryptionKeyArn ?? 'a key of CloudWatch Logs'}; AWS X-Ray gives it a key only when it makes it. Run "aws logs associate-kms-key --log-group-name aws/spans --kms-key-id ${wanted}" once, or leave encryptionKey of TransactionSearch out, and deploy again.`,
  );
}

function noRoomForPolicy(names: readonly string[]): Error {
  return new Error(
    `AWS X-Ray may not write spans yet, and CloudWatch Logs takes no further resource policy: an account and Region has room for ten. Delete one that nothing needs ("aws logs delete-resource-policy --policy-name <name>") and deploy again. There are: ${names.join(', ')}`,
  );
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
