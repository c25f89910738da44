import { agentcore, s3, sts } from './aws-sdk';
import { credentialsOf, type TestRun } from './test-run';
import type { AwsCredentials } from '../../../../bin/local/sigv4';

const region = 'us-east-1';

/** Clients of a local run; none tries anything twice. */
export class AwsClients {
  private readonly made: { destroy(): void }[] = [];

  constructor(private readonly run: TestRun) {}

  public s3(credentials: AwsCredentials): s3.S3Client {
    return this.keep(new s3.S3Client({ endpoint: this.run.up.url, region, credentials, maxAttempts: 1 }));
  }

  public sts(credentials: AwsCredentials): sts.STSClient {
    return this.keep(new sts.STSClient({ endpoint: this.run.up.url, region, credentials, maxAttempts: 1 }));
  }

  public agentCore(credentials: AwsCredentials): agentcore.BedrockAgentCoreClient {
    return this.keep(
      new agentcore.BedrockAgentCoreClient({ endpoint: this.run.up.url, region, credentials, maxAttempts: 1 }),
    );
  }

  /** The credentials that the agent of the run was started with. */
  public async agent(): Promise<AwsCredentials> {
    return credentialsOf(await this.run.report());
  }

  public destroy(): void {
    for (const client of this.made) client.destroy();
  }

  private keep<T extends { destroy(): void }>(client: T): T {
    this.made.push(client);
    return client;
  }
}

/** The credentials in the answer of STS. */
export function assumedCredentials({ Credentials }: sts.AssumeRoleCommandOutput): AwsCredentials {
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}
