// The AWS SDK that the agent uses; one copy of it is enough for this repository.
export * as s3 from '../../../../agent-image/node_modules/@aws-sdk/client-s3';
export * as sts from '../../../../agent-image/node_modules/@aws-sdk/client-sts';
export * as agentcore from '../../../../agent-image/node_modules/@aws-sdk/client-bedrock-agentcore';
