import { readFileSync, statSync } from 'node:fs';
import { aws_iam as iam, aws_s3_assets as assets } from 'aws-cdk-lib';
import type { aws_bedrockagentcore as agentcore, aws_s3 as s3 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Actions } from '../iam/actions';
import type { BaselineStatement } from '../iam/runtime-baseline';

/** A document made known to a stack. */
export interface BoundApiDocument {
  readonly configuration: agentcore.CfnGatewayTarget.ApiSchemaConfigurationProperty;
  /** What the role of the gateway needs to read it. */
  readonly statements: readonly BaselineStatement[];
}

/** The length of an inline schema (quotas of AgentCore Gateway): 1 MB. */
const MAX_INLINE_CHARACTERS = 1_000_000;

/** The description of an API: an OpenAPI 3 document, or a Smithy model as JSON. */
export abstract class ApiDocument {
  /** A file of the app, which the deployment uploads. */
  public static fromFile(path: string): ApiDocument {
    return new FileDocument(path);
  }

  /** A text in the template: up to 1 MB, and small enough for the template. */
  public static fromInline(text: string): ApiDocument {
    return new InlineDocument(text);
  }

  /** An object of Amazon S3. One that is encrypted with a key of the account needs `key.grantDecrypt(gateway)`. */
  public static fromBucket(bucket: s3.IBucket, key: string): ApiDocument {
    return new BucketDocument(bucket, key);
  }

  /** What speaks against where it is; what it says, the target looks at. */
  public abstract findings(): string[];

  /** What it says; undefined where only the deployment has it, or nobody. */
  public abstract text(): string | undefined;

  /** Makes it known to the stack of `scope`. */
  public abstract bind(scope: Construct): BoundApiDocument;
}

class InlineDocument extends ApiDocument {
  constructor(private readonly content: string) {
    super();
  }

  public text(): string {
    return this.content;
  }

  public findings(): string[] {
    const { length } = this.content;
    return length >= 1 && length <= MAX_INLINE_CHARACTERS
      ? []
      : [
          `the description of an API has ${length} characters; a gateway takes 1 to ${MAX_INLINE_CHARACTERS} in a template: use ApiDocument.fromFile()`,
        ];
  }

  public bind(): BoundApiDocument {
    return { configuration: { inlinePayload: this.content }, statements: [] };
  }
}

class BucketDocument extends ApiDocument {
  constructor(
    private readonly bucket: s3.IBucket,
    private readonly key: string,
  ) {
    super();
  }

  public text(): undefined {
    return undefined;
  }

  public findings(): string[] {
    return /^[^*?${}]+$/.test(this.key)
      ? []
      : [`the key "${this.key}" of the description of an API is empty or has one of "* ? $ { }"; name one object`];
  }

  public bind(): BoundApiDocument {
    return {
      configuration: { s3: { uri: this.bucket.s3UrlForObject(this.key) } },
      statements: [read(this.bucket, this.key)],
    };
  }
}

class FileDocument extends ApiDocument {
  constructor(private readonly path: string) {
    super();
  }

  public text(): string | undefined {
    return this.isFile ? readFileSync(this.path, 'utf8') : undefined;
  }

  public findings(): string[] {
    return this.isFile
      ? []
      : [`the description of an API "${this.path}" is no file; give its path, best with join(__dirname, …)`];
  }

  public bind(scope: Construct): BoundApiDocument {
    const asset = new assets.Asset(scope, 'Document', { path: this.path });
    return {
      configuration: { s3: { uri: asset.s3ObjectUrl } },
      statements: [read(asset.bucket, asset.s3ObjectKey)],
    };
  }

  private get isFile(): boolean {
    return statSync(this.path, { throwIfNoEntry: false })?.isFile() === true;
  }
}

function read(bucket: s3.IBucket, key: string): BaselineStatement {
  return {
    statement: new iam.PolicyStatement({
      actions: [...Actions.READ_OBJECTS],
      resources: [bucket.arnForObjects(key)],
    }),
  };
}
