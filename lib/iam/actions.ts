/**
 * Every action this library grants, grouped by purpose.
 *
 * Source: the service authorization reference of Amazon Bedrock AgentCore, Amazon Bedrock, Amazon ECR, Amazon CloudWatch
 * Logs, Amazon S3, Amazon DynamoDB, Amazon API Gateway, AWS Lambda, AWS Secrets Manager, AWS STS, AWS X-Ray, Amazon CloudWatch
 * Application Signals, AWS CloudTrail, AWS IAM, Amazon SNS and AWS KMS, and "IAM permissions for AgentCore Runtime" in the AgentCore developer guide.
 */
export const Actions = {
  /** Call a model, with and without streaming; Converse and ConverseStream are authorized by the same two. */
  INVOKE_MODEL: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],

  /** Look up an application inference profile, which the Claude Agent SDK does at its start. */
  GET_INFERENCE_PROFILE: ['bedrock:GetInferenceProfile'],

  /** Have a guardrail look at what goes to a model and comes from it. */
  APPLY_GUARDRAIL: ['bedrock:ApplyGuardrail'],

  /** Read the value of a secret, and nothing about it. */
  READ_SECRET: ['secretsmanager:GetSecretValue'],

  /** Decrypt what a key of the account has encrypted. */
  DECRYPT: ['kms:Decrypt'],

  /** Get a key that encrypts data, under a key of the account. */
  GENERATE_DATA_KEY: ['kms:GenerateDataKey'],

  /** What Amazon DynamoDB does with the key of a table for its caller ("Customer managed keys" in its developer guide). */
  USE_TABLE_KEY: [
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:Encrypt',
    'kms:GenerateDataKey',
    'kms:GenerateDataKeyWithoutPlaintext',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
  ],

  /** Read one row of a table, and write one. */
  NOTE_ROWS: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],

  /** List rows of a table by an index. */
  LIST_ROWS: ['dynamodb:Query'],

  /** Delete one row of a table. */
  DELETE_ROWS: ['dynamodb:DeleteItem'],

  /** Take on a role in a session with tags. */
  ASSUME_WITH_TAGS: ['sts:AssumeRole', 'sts:TagSession'],

  /** Take on a role with the token of an identity pool. */
  ASSUME_WITH_WEB_IDENTITY: ['sts:AssumeRoleWithWebIdentity'],

  /** Find objects by the beginning of their keys. */
  LIST_OBJECTS: ['s3:ListBucket'],

  /** Read the current version of objects. */
  READ_OBJECTS: ['s3:GetObject'],

  /** Write objects, and drop what an upload in parts has left behind. */
  WRITE_OBJECTS: ['s3:AbortMultipartUpload', 's3:PutObject'],

  /** Delete the current version of objects; in a versioned bucket it becomes an old one. */
  DELETE_OBJECTS: ['s3:DeleteObject'],

  /** Run code in sessions of a code interpreter. */
  USE_CODE_INTERPRETER: [
    'bedrock-agentcore:GetCodeInterpreterSession',
    'bedrock-agentcore:InvokeCodeInterpreter',
    'bedrock-agentcore:ListCodeInterpreterSessions',
    'bedrock-agentcore:StartCodeInterpreterSession',
    'bedrock-agentcore:StopCodeInterpreterSession',
  ],

  /** List and call the tools of a gateway as the signing principal. */
  INVOKE_GATEWAY: ['bedrock-agentcore:InvokeGateway'],

  /** Decide by Cedar policies which tools a caller may see and call. */
  AUTHORIZE_TOOL_CALLS: ['bedrock-agentcore:AuthorizeAction', 'bedrock-agentcore:PartiallyAuthorizeActions'],

  /** Look up the policy engine of a gateway. */
  GET_POLICY_ENGINE: ['bedrock-agentcore:GetPolicyEngine'],

  /** Get an OAuth token from a credential provider. */
  GET_OAUTH_TOKEN: ['bedrock-agentcore:GetResourceOauth2Token'],

  /** Get an API key from a credential provider. */
  GET_API_KEY: ['bedrock-agentcore:GetResourceApiKey'],

  /** Call a Lambda function. */
  INVOKE_FUNCTION: ['lambda:InvokeFunction'],

  /** Call a method of an API of Amazon API Gateway. */
  INVOKE_API: ['execute-api:Invoke'],

  /** What AgentCore does with the key of a gateway ("Encrypt your AgentCore gateway" in the developer guide). */
  ENCRYPT_GATEWAY: ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'],

  /** Call an agent over HTTP as the signing principal. */
  INVOKE_RUNTIME: ['bedrock-agentcore:InvokeAgentRuntime'],

  /** Call an agent over WebSocket as the signing principal. */
  INVOKE_RUNTIME_WEB_SOCKET: ['bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStream'],

  /** Name a user in a call to an agent, over HTTP and over WebSocket. */
  INVOKE_RUNTIME_FOR_USER: [
    'bedrock-agentcore:InvokeAgentRuntimeForUser',
    'bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStreamForUser',
  ],

  /** End a session before its time. */
  STOP_RUNTIME_SESSION: ['bedrock-agentcore:StopRuntimeSession'],

  /** Run shell commands in the microVM of a session. */
  RUN_RUNTIME_COMMAND: [
    'bedrock-agentcore:InvokeAgentRuntimeCommand',
    'bedrock-agentcore:InvokeAgentRuntimeCommandShell',
  ],

  /** Mount an Amazon EFS file system and write to it. */
  MOUNT_EFS: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'],

  /** Mount an Amazon S3 Files file system and write to it. */
  MOUNT_S3_FILES: ['s3files:ClientMount', 's3files:ClientWrite'],

  /** Look up an Amazon S3 Files access point. */
  GET_S3_FILES_ACCESS_POINT: ['s3files:GetAccessPoint'],

  /** Pull the layers of an image from one repository. */
  PULL_IMAGE: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],

  /** Log in to the registry; has no resource type. */
  REGISTRY_TOKEN: ['ecr:GetAuthorizationToken'],

  /** Make the runtime's log group and look for its streams. */
  LOG_GROUP: ['logs:CreateLogGroup', 'logs:DescribeLogStreams'],

  /** Encrypt log events; granted to CloudWatch Logs in the policy of a key. */
  ENCRYPT_LOGS: [
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:Encrypt',
    'kms:GenerateDataKey',
    'kms:GenerateDataKeyWithoutPlaintext',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
  ],

  /** Find log groups; authorized on every log group of the account and Region. */
  DESCRIBE_LOG_GROUPS: ['logs:DescribeLogGroups'],

  /** Write log events, metrics in embedded metric format included. */
  WRITE_LOGS: ['logs:CreateLogStream', 'logs:PutLogEvents'],

  /** Write log events into streams that are there; granted to AWS X-Ray for spans. */
  WRITE_LOG_EVENTS: ['logs:PutLogEvents'],

  /** Read and change where spans of the account and Region go. */
  SET_SPAN_DESTINATION: ['xray:GetTraceSegmentDestination', 'xray:UpdateTraceSegmentDestination'],

  /** Read and change how many traces are indexed. */
  SET_INDEXING: ['xray:GetIndexingRules', 'xray:UpdateIndexingRule'],

  /** Read and write the policies with which CloudWatch Logs lets other services write. */
  SET_LOG_POLICY: ['logs:DescribeResourcePolicies', 'logs:PutResourcePolicy'],

  /** Make the log groups of spans, which AWS X-Ray does for whoever switches Transaction Search on. */
  MAKE_SPAN_LOGS: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutRetentionPolicy'],

  /** Start Application Signals, which AWS X-Ray does for the same, and what comes with it. */
  START_APPLICATION_SIGNALS: ['application-signals:StartDiscovery'],
  GET_ROLE: ['iam:GetRole'],
  CREATE_SERVICE_LINKED_ROLE: ['iam:CreateServiceLinkedRole'],
  CREATE_SERVICE_CHANNEL: ['cloudtrail:CreateServiceLinkedChannel'],

  /** Look up a key of the account. */
  DESCRIBE_KEY: ['kms:DescribeKey'],

  /** Publish to a topic. */
  PUBLISH: ['sns:Publish'],

  /** Encrypt messages to a topic ("Encrypting messages published to Amazon SNS from AWS services" in its guide). */
  ENCRYPT_MESSAGES: ['kms:Decrypt', 'kms:GenerateDataKey'],

  /** Send spans; AWS X-Ray has no resource type for either. */
  WRITE_SPANS: ['xray:PutSpans', 'xray:PutTraceSegments'],

  /** A workload token for calls that carry no user's token. */
  WORKLOAD_TOKEN: ['bedrock-agentcore:GetWorkloadAccessToken'],

  /** Bind what a user has consented to at another service to that user. */
  COMPLETE_OAUTH: ['bedrock-agentcore:CompleteResourceTokenAuth'],

  /** Find the workload identity of a runtime. */
  GET_RUNTIME: ['bedrock-agentcore:GetAgentRuntime'],

  /** Change where users come back to who link an account of theirs. */
  UPDATE_WORKLOAD_IDENTITY: ['bedrock-agentcore:GetWorkloadIdentity', 'bedrock-agentcore:UpdateWorkloadIdentity'],

  /** A workload token bound to the user's verified JWT. The form for a user id is left out: it trusts any text. */
  WORKLOAD_TOKEN_FOR_JWT: ['bedrock-agentcore:GetWorkloadAccessTokenForJWT'],
} as const;
