import { createHash } from 'node:crypto';

/** A resource of a template with its resolved properties. */
export interface TemplateResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Record<string, unknown>;
}

/** Where the resources of a template stand. */
export interface Environment {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly stackName: string;
}

type Values = (resource: TemplateResource, environment: Environment) => Record<string, string>;

const arn = (environment: Environment, service: string, rest: string): string =>
  `arn:${environment.partition}:${service}:${environment.region}:${environment.account}:${rest}`;

const iamArn = (environment: Environment, kind: string, resource: TemplateResource, name: string): string =>
  `arn:${environment.partition}:iam::${environment.account}:${kind}${text(resource, 'Path') ?? '/'}${name}`;

/** `Ref` (under the key `Ref`) and the attributes of each resource type that policies and environments refer to. */
const VALUES: Readonly<Record<string, Values>> = {
  'AWS::BedrockAgentCore::CodeInterpreterCustom': (resource, environment) => {
    const id = `${text(resource, 'Name') ?? resource.logicalId}-${hash(resource, environment, 10)}`;
    return {
      Ref: id,
      CodeInterpreterId: id,
      CodeInterpreterArn: arn(environment, 'bedrock-agentcore', `code-interpreter-custom/${id}`),
      Status: 'READY',
    };
  },
  'AWS::BedrockAgentCore::Runtime': (resource, environment) => {
    const id = `${text(resource, 'AgentRuntimeName') ?? resource.logicalId}-${hash(resource, environment, 10)}`;
    return {
      Ref: id,
      AgentRuntimeId: id,
      AgentRuntimeArn: arn(environment, 'bedrock-agentcore', `runtime/${id}`),
      AgentRuntimeVersion: '1',
      Status: 'READY',
    };
  },
  'AWS::BedrockAgentCore::ApiKeyCredentialProvider': (resource, environment) =>
    credentialProvider(resource, environment, 'apikeycredentialprovider'),
  'AWS::BedrockAgentCore::OAuth2CredentialProvider': (resource, environment) => ({
    ...credentialProvider(resource, environment, 'oauth2credentialprovider'),
    CallbackUrl: `https://bedrock-agentcore.${environment.region}.amazonaws.com/identities/oauth2/callback/${uuid(resource, environment)}`,
  }),
  'AWS::CloudWatch::Alarm': alarm,
  'AWS::CloudWatch::CompositeAlarm': alarm,
  'AWS::Cognito::IdentityPool': (resource, environment) => ({
    Ref: `${environment.region}:${uuid(resource, environment)}`,
  }),
  'AWS::Cognito::UserPool': (resource, environment) => {
    const id = `${environment.region}_${hash(resource, environment, 9)}`;
    const providerName = `cognito-idp.${environment.region}.amazonaws.com/${id}`;
    return {
      Ref: id,
      UserPoolId: id,
      Arn: arn(environment, 'cognito-idp', `userpool/${id}`),
      ProviderName: providerName,
      ProviderURL: `https://${providerName}`,
    };
  },
  'AWS::Cognito::UserPoolClient': (resource, environment) => {
    const id = hash(resource, environment, 26);
    return { Ref: id, ClientId: id };
  },
  'AWS::Cognito::UserPoolDomain': (resource) => named(resource, 'Domain'),
  'AWS::Cognito::UserPoolGroup': (resource) => named(resource, 'GroupName'),
  'AWS::Cognito::UserPoolResourceServer': (resource) => named(resource, 'Identifier'),
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::DynamoDB::Table': table,
  'AWS::EC2::SecurityGroup': (resource, environment) => {
    const id = `sg-${hash(resource, environment, 17)}`;
    return { Ref: id, GroupId: id, Id: id };
  },
  'AWS::EC2::Subnet': (resource, environment) => {
    const id = `subnet-${hash(resource, environment, 17)}`;
    return { Ref: id, SubnetId: id };
  },
  'AWS::EC2::VPC': (resource, environment) => {
    const id = `vpc-${hash(resource, environment, 17)}`;
    return { Ref: id, VpcId: id };
  },
  'AWS::ECR::Repository': (resource, environment) => {
    const name = text(resource, 'RepositoryName') ?? generated(resource, environment).toLowerCase();
    return { Ref: name, Arn: arn(environment, 'ecr', `repository/${name}`) };
  },
  'AWS::IAM::ManagedPolicy': (resource, environment) => {
    const name = text(resource, 'ManagedPolicyName') ?? generated(resource, environment);
    const policyArn = iamArn(environment, 'policy', resource, name);
    return { Ref: policyArn, PolicyArn: policyArn };
  },
  'AWS::IAM::Role': (resource, environment) => {
    const name = text(resource, 'RoleName') ?? generated(resource, environment);
    return { Ref: name, Arn: iamArn(environment, 'role', resource, name) };
  },
  'AWS::KMS::Key': (resource, environment) => {
    const id = hash(resource, environment, 32);
    return { Ref: id, KeyId: id, Arn: arn(environment, 'kms', `key/${id}`) };
  },
  'AWS::Lambda::Function': (resource, environment) => {
    const name = text(resource, 'FunctionName') ?? generated(resource, environment);
    return { Ref: name, Arn: arn(environment, 'lambda', `function:${name}`) };
  },
  'AWS::Logs::LogGroup': (resource, environment) => {
    const name = text(resource, 'LogGroupName') ?? generated(resource, environment);
    return { Ref: name, Arn: `${arn(environment, 'logs', `log-group:${name}`)}:*` };
  },
  'AWS::S3::Bucket': (resource, environment) => {
    const name = text(resource, 'BucketName') ?? generated(resource, environment).toLowerCase();
    return { Ref: name, Arn: `arn:${environment.partition}:s3:::${name}` };
  },
  'AWS::SNS::Topic': (resource, environment) => {
    const name = text(resource, 'TopicName') ?? generated(resource, environment);
    const topicArn = arn(environment, 'sns', name);
    return { Ref: topicArn, TopicArn: topicArn, TopicName: name };
  },
  'AWS::SecretsManager::Secret': (resource, environment) => {
    const name = text(resource, 'Name') ?? generated(resource, environment);
    return { Ref: arn(environment, 'secretsmanager', `secret:${name}-${hash(resource, environment, 6)}`) };
  },
};

/**
 * What `Ref` (`attribute` undefined) or `GetAtt` of a resource would be once deployed: stable from run to run, unique in
 * the account. Undefined where the type or the attribute is not known.
 */
export function physicalValue(
  resource: TemplateResource,
  attribute: string | undefined,
  environment: Environment,
): string | undefined {
  return VALUES[resource.type]?.(resource, environment)[attribute ?? 'Ref'];
}

function alarm(resource: TemplateResource, environment: Environment): Record<string, string> {
  const name = text(resource, 'AlarmName') ?? generated(resource, environment);
  return { Ref: name, Arn: arn(environment, 'cloudwatch', `alarm:${name}`) };
}

function table(resource: TemplateResource, environment: Environment): Record<string, string> {
  const name = text(resource, 'TableName') ?? generated(resource, environment);
  return { Ref: name, Arn: arn(environment, 'dynamodb', `table/${name}`) };
}

function credentialProvider(
  resource: TemplateResource,
  environment: Environment,
  kind: string,
): Record<string, string> {
  const name = text(resource, 'Name') ?? resource.logicalId;
  const providerArn = arn(environment, 'bedrock-agentcore', `token-vault/default/${kind}/${name}`);
  return { Ref: providerArn, CredentialProviderArn: providerArn };
}

/** A resource whose `Ref` is a name that its template has to give. */
function named(resource: TemplateResource, property: string): Record<string, string> {
  const name = text(resource, property);
  return name === undefined ? {} : { Ref: name };
}

/** The name that CloudFormation would make up: stack, logical id and a suffix. */
function generated(resource: TemplateResource, environment: Environment): string {
  return `${environment.stackName}-${resource.logicalId}-${hash(resource, environment, 12)}`.slice(-64);
}

function hash(resource: TemplateResource, environment: Environment, length: number): string {
  const key = [environment.account, environment.region, environment.stackName, resource.logicalId].join('\n');
  return createHash('sha256').update(key).digest('hex').slice(0, length);
}

function uuid(resource: TemplateResource, environment: Environment): string {
  return hash(resource, environment, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function text(resource: TemplateResource, property: string): string | undefined {
  const value = resource.properties[property];
  return typeof value === 'string' ? value : undefined;
}
