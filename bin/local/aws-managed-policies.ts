import type { TemplateJson } from '../../lib/testing';

/**
 * What AWS's own policies allow, for those that the CDK attaches by itself: their content stands in no template.
 * Source: AWS Managed Policy Reference, AWSLambdaBasicExecutionRole and AWSLambdaVPCAccessExecutionRole.
 */
const CONTENT: readonly { readonly name: string; readonly actions: readonly string[] }[] = [
  {
    name: 'service-role/AWSLambdaBasicExecutionRole',
    actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  },
  {
    name: 'service-role/AWSLambdaVPCAccessExecutionRole',
    actions: [
      ...['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      ...['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
      ...['ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
    ],
  },
];

interface Role {
  readonly Type?: string;
  readonly Properties?: { readonly ManagedPolicyArns?: unknown; readonly Policies?: readonly unknown[] };
}

/** `template` with those policies of AWS that are known written out where roles name them. */
export function withManagedPolicies(template: TemplateJson): TemplateJson {
  const Resources = Object.fromEntries(
    Object.entries(template.Resources ?? {}).map(([id, resource]) => [id, withContent(resource as Role)]),
  );
  return { ...template, Resources };
}

function withContent(resource: Role): Role {
  const { Type, Properties } = resource;
  const arns: unknown = Properties?.ManagedPolicyArns;
  if (Type !== 'AWS::IAM::Role' || !Array.isArray(arns)) return resource;
  const found = arns.map((arn: unknown) => ({ arn, content: CONTENT.find(({ name }) => endsWith(arn, name)) }));
  const known = found.flatMap(({ content }) => content ?? []);
  return {
    ...resource,
    Properties: {
      ...Properties,
      ManagedPolicyArns: found.filter(({ content }) => content === undefined).map(({ arn }) => arn),
      Policies: [
        ...(Properties?.Policies ?? []),
        ...known.map(({ name, actions }) => ({
          PolicyName: name,
          PolicyDocument: { Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] },
        })),
      ],
    },
  };
}

/** The ARN is text, or text joined from parts of which the last is the name. */
function endsWith(arn: unknown, name: string): boolean {
  return JSON.stringify(arn)
    .replace(/[\]}"]+$/, '')
    .endsWith(`:iam::aws:policy/${name}`);
}
