const TAG = '${aws:PrincipalTag/userId}';

const BUCKET_ARN = { 'Fn::GetAtt': ['Bucket', 'Arn'] };
const OBJECTS = { 'Fn::Sub': '${Bucket.Arn}/*' };

const TAGGED = {
  StringLike: { 'aws:RequestTag/userId': '?*' },
  StringNotLike: { 'aws:RequestTag/userId': '*/*' },
  'ForAllValues:StringEquals': { 'aws:TagKeys': ['userId'] },
  Null: { 'aws:TagKeys': 'false', 'sts:TransitiveTagKeys': 'true' },
};

/** A bucket that only encrypted connections reach, and a role that reaches what belongs to the user it is tagged with. */
export const WORKSPACE: Readonly<Record<string, unknown>> = {
  Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'workspaces-of-a-test' } },
  BucketPolicy: {
    Type: 'AWS::S3::BucketPolicy',
    Properties: {
      Bucket: { Ref: 'Bucket' },
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 's3:*',
            Resource: [BUCKET_ARN, OBJECTS],
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    },
  },
  UserRole: {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: { 'Fn::GetAtt': ['AgentRole', 'Arn'] } },
            Action: ['sts:AssumeRole', 'sts:TagSession'],
            Condition: TAGGED,
          },
        ],
      },
    },
  },
  UserPolicy: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName: 'User',
      Roles: [{ Ref: 'UserRole' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
            Resource: { 'Fn::Join': ['', [BUCKET_ARN, `/workspaces/${TAG}/*`]] },
          },
          {
            Effect: 'Allow',
            Action: 's3:ListBucket',
            Resource: BUCKET_ARN,
            Condition: { StringLike: { 's3:prefix': `workspaces/${TAG}/*` } },
          },
        ],
      },
    },
  },
  Grant: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName: 'Grant',
      Roles: [{ Ref: 'AgentRole' }],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: ['sts:AssumeRole', 'sts:TagSession'],
            Resource: { 'Fn::GetAtt': ['UserRole', 'Arn'] },
            Condition: TAGGED,
          },
        ],
      },
    },
  },
};

export const WORKSPACE_BUCKET = 'workspaces-of-a-test';
