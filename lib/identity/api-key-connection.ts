import { aws_bedrockagentcore as agentcore } from 'aws-cdk-lib';
import type { aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ConnectionKind } from '../agent/agent-connections';
import { secretArnPattern } from '../iam/secret-access';
import { VaultProviderAccess } from '../iam/token-vault-access';
import { uniqueAgentCoreName } from '../private/naming';
import { requireProperties } from '../private/required-properties';
import { throwFindings } from '../private/validation';
import { ConnectionBase } from './connection-base';
import { connectionNameFindings, fieldFindings } from './connection-findings';

/** Properties of an ApiKeyConnection. */
export interface ApiKeyConnectionProps {
  /** By what agents know the connection: a capital letter, then up to 15 capital letters and digits, such as `WEATHER`. */
  readonly connectionName: string;

  /** The secret with the key, as JSON. */
  readonly secret: secretsmanager.ISecret;

  /**
   * The field of the JSON that has the key.
   *
   * @default 'apiKey'
   */
  readonly secretField?: string;
}

/** A service that agents call with a key, the same for every user. */
export class ApiKeyConnection extends ConnectionBase {
  public readonly connectionName: string;
  public readonly connectionKind = ConnectionKind.API_KEY;
  public readonly providerName: string;

  /** The L1: the way to what this construct does not offer. The L2 writes keys into the template. */
  public readonly provider: agentcore.CfnApiKeyCredentialProvider;

  protected readonly secret: secretsmanager.ISecret;
  protected readonly access: VaultProviderAccess;

  /** @throws Error with every finding about the properties */
  constructor(scope: Construct, id: string, props: ApiKeyConnectionProps) {
    super(scope, id);
    requireProperties(this, props, { connectionName: 'a name', secret: 'the secret' });
    const { connectionName, secret, secretField = 'apiKey' } = props;
    throwFindings(this, [...connectionNameFindings(connectionName), ...fieldFindings('secretField', secretField)]);
    this.connectionName = connectionName;
    this.secret = secret;
    this.providerName = uniqueAgentCoreName(this);
    this.access = new VaultProviderAccess(this, 'apikeycredentialprovider', this.providerName);
    this.provider = new agentcore.CfnApiKeyCredentialProvider(this, 'Provider', {
      name: this.providerName,
      apiKeySecretSource: 'EXTERNAL',
      apiKeySecretConfig: { secretId: secret.secretArn, jsonKey: secretField },
    });
  }

  public get credentialProviderArn(): string {
    return this.provider.attrCredentialProviderArn;
  }

  /** The secret with the key, as policies name it. */
  public get apiKeySecretArn(): string {
    return secretArnPattern(this.secret);
  }

  protected told(): Readonly<Record<string, unknown>> {
    return { vendor: this.connectionName.toLowerCase(), provider: this.providerName };
  }
}
