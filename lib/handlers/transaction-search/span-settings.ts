/** Where spans of an account and Region go, as far as Transaction Search needs it. */
export interface SpanSettings {
  /** Whether spans go to CloudWatch Logs, and whether the last change of that has taken effect. */
  destination(): Promise<{ readonly isCloudWatchLogs: boolean; readonly isActive: boolean }>;
  /** The resource policies that CloudWatch Logs has for the account; the document is JSON. */
  resourcePolicies(): Promise<readonly { readonly name: string; readonly document: string }[]>;
  /** How many of a hundred traces are indexed; undefined where nothing says so. */
  indexingPercentage(): Promise<number | undefined>;
  /** The log group `aws/spans`; undefined where there is none. */
  spanLogGroup(): Promise<{ readonly encryptionKeyArn: string | undefined } | undefined>;
  /** Writes a resource policy, over the one of that name where there is one. */
  putResourcePolicy(name: string, document: string): Promise<void>;
  /** @param encryptionKeyArn of the log group `aws/spans`, which must not be there yet */
  sendToCloudWatchLogs(encryptionKeyArn: string | undefined): Promise<void>;
  setIndexingPercentage(percentage: number): Promise<void>;
}
