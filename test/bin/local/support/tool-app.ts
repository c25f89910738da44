/** Resources of an app whose agent has tools: a gateway, and functions behind its targets. */

interface FunctionOptions {
  readonly handler?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** A function with the code of the tests and a role of its own. */
export function functionResources(
  id: string,
  { handler = 'index.handler', properties = {} }: FunctionOptions = {},
): Record<string, unknown> {
  return {
    [`${id}Role`]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
        },
        ManagedPolicyArns: [
          {
            'Fn::Join': [
              '',
              ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
            ],
          },
        ],
      },
    },
    [id]: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: id.toLowerCase(),
        Runtime: 'nodejs24.x',
        Handler: handler,
        Role: { 'Fn::GetAtt': [`${id}Role`, 'Arn'] },
        Code: { S3Bucket: 'assets', S3Key: 'functionhash.zip' },
        ...properties,
      },
    },
  };
}

export const ACTIONS = ['report', 'fail', 'hang', 'die', 'say'] as const;

const TOOL_SCHEMA = {
  Type: 'object',
  Properties: {
    do: { Type: 'string', Description: 'what to do' },
    amount: { Type: 'integer' },
    lines: { Type: 'array', Items: { Type: 'object', Properties: { sku: { Type: 'string' } }, Required: ['sku'] } },
  },
  Required: ['do'],
};

/** A gateway with one target, `orders`, whose tools are all served by the function `Tool`. */
export function gatewayResources({
  gateway = {},
  grants = ['lambda:InvokeFunction'],
  statements = [],
}: {
  readonly gateway?: Readonly<Record<string, unknown>>;
  /** Of the gateway's role, on the function. */
  readonly grants?: readonly string[];
  /** More of the gateway's role. */
  readonly statements?: readonly object[];
} = {}): Record<string, unknown> {
  return {
    ...functionResources('Tool', { properties: { Timeout: 1, Environment: { Variables: { SHOP: 'open' } } } }),
    GatewayRole: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Statement: [
            { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'bedrock-agentcore.amazonaws.com' } },
          ],
        },
        Policies: [
          {
            PolicyName: 'Targets',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [
                ...(grants.length === 0
                  ? []
                  : [{ Effect: 'Allow', Action: grants, Resource: { 'Fn::GetAtt': ['Tool', 'Arn'] } }]),
                ...statements,
              ],
            },
          },
        ],
      },
    },
    Gateway: {
      Type: 'AWS::BedrockAgentCore::Gateway',
      Properties: {
        Name: 'Shop',
        AuthorizerType: 'AWS_IAM',
        ProtocolType: 'MCP',
        ProtocolConfiguration: {
          Mcp: { SearchType: 'SEMANTIC', SupportedVersions: ['2025-03-26', '2025-06-18', '2025-11-25'] },
        },
        RoleArn: { 'Fn::GetAtt': ['GatewayRole', 'Arn'] },
        ...gateway,
      },
    },
    Target: {
      Type: 'AWS::BedrockAgentCore::GatewayTarget',
      Properties: {
        Name: 'orders',
        GatewayIdentifier: { 'Fn::GetAtt': ['Gateway', 'GatewayIdentifier'] },
        CredentialProviderConfigurations: [{ CredentialProviderType: 'GATEWAY_IAM_ROLE' }],
        TargetConfiguration: {
          Mcp: {
            Lambda: {
              LambdaArn: { 'Fn::GetAtt': ['Tool', 'Arn'] },
              ToolSchema: {
                InlinePayload: [
                  { Name: 'get_order', Description: 'Looks up the status of an order', InputSchema: TOOL_SCHEMA },
                  { Name: 'refund', Description: 'Gives money back', InputSchema: TOOL_SCHEMA },
                ],
              },
            },
          },
        },
      },
    },
  };
}
