import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { S3ObjectStore } from '../../../../agent-image/src/workspace/s3-object-store.ts';
import { sessionKeyOf } from '../../../../agent-image/src/workspace/session-trees.ts';
import { type UserCredentials, userCredentials } from '../../../../agent-image/src/workspace/user-credentials.ts';
import type { ApiConfiguration } from '../configuration';
import type { SessionObjects, UserData } from '../ports';
import { DynamoDbSessionRows } from './dynamodb-session-rows';
import { PATIENCE } from './patience';
import { S3SessionObjects } from './s3-session-objects';

/** Where the data of users lies, and how it is reached. */
export type AwsUserDataOptions = Omit<ApiConfiguration, 'audiences' | 'clientIds' | 'tokenRules'>;

/**
 * What belongs to one user, with credentials that reach nothing else. They are asked for with every request and kept for
 * no other one: nothing of one user is in the memory of the function when it serves the next.
 */
export class AwsUserData implements UserData {
  readonly rows: DynamoDbSessionRows;
  readonly #options: AwsUserDataOptions;
  readonly #userKey: string;
  readonly #credentials: UserCredentials;
  readonly #dynamoDb: DynamoDBClient;
  readonly #s3: S3Client;
  readonly #opened: S3SessionObjects[] = [];

  constructor(options: AwsUserDataOptions, userKey: string) {
    const { region, userRoleArn: roleArn, sessionTable: table, agentName } = options;
    this.#options = options;
    this.#userKey = userKey;
    this.#credentials = once(userCredentials({ roleArn, region, userKey }));
    this.#dynamoDb = new DynamoDBClient({ region, credentials: this.#credentials, requestHandler: PATIENCE });
    this.#s3 = new S3Client({
      region,
      credentials: this.#credentials,
      // An endpoint of one's own seldom has a name for every bucket.
      forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL),
    });
    this.rows = new DynamoDbSessionRows(this.#dynamoDb, { table, agentName, userKey });
  }

  // A property, so that it can be taken out of the object.
  readonly objects = (sessionId: string): SessionObjects => {
    const { workspaceBucket: bucket, region, workspacesPrefix, downloadsPrefix } = this.#options;
    const key = sessionKeyOf(sessionId);
    const store = (prefix: string) => new S3ObjectStore({ bucket, prefix, region, credentials: this.#credentials });
    const prefix = `${downloadsPrefix}${this.#userKey}/${key}/`;
    const objects = new S3SessionObjects({
      workspace: store(`${workspacesPrefix}${this.#userKey}/${key}/`),
      downloads: store(prefix),
      client: this.#s3,
      bucket,
      prefix,
    });
    this.#opened.push(objects);
    return objects;
  };

  close(): void {
    this.#opened.forEach((objects) => {
      objects.close();
    });
    this.#dynamoDb.destroy();
    this.#s3.destroy();
  }
}

/** Several clients of one request share the credentials; each would ask for its own. */
function once(credentials: UserCredentials): UserCredentials {
  let asked: ReturnType<UserCredentials> | undefined;
  return () => (asked ??= credentials());
}
