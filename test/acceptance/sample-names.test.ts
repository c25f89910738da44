import { App, type Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ClaudeAgentStack } from '../../bin/app/claude-agent-stack';
import { stableUuid } from '../../bin/local/stable-uuid';
import cdkJson from '../../cdk.json';
import { ResolvedTemplate } from '../../lib/testing';
import { WholeStack } from './whole-stack';

interface Place {
  readonly account: string;
  readonly region: string;
  readonly stackName: string;
}

const HERE: Place = { account: '111122223333', region: 'eu-central-1', stackName: 'ClaudeAgentStack' };

/** A name that a template gives to a resource. */
interface PhysicalName {
  readonly type: string;
  readonly property: string;
  readonly name: string;
}

const NAME = /(Name|Domain|Identifier)$/;

/** Names that are looked up among those of all customers, worldwide or in a Region. */
const OF_ALL_ACCOUNTS = ['AWS::S3::Bucket BucketName', 'AWS::Cognito::UserPoolDomain Domain'];

/** Names that have to be unique in what they belong to (a gateway, an engine, a pool, a role, an API), or nowhere. */
const OF_A_PARENT = [
  'AWS::ApiGatewayV2::Api Name',
  'AWS::ApiGatewayV2::Authorizer Name',
  'AWS::ApiGatewayV2::Stage StageName',
  'AWS::BedrockAgentCore::GatewayTarget Name',
  'AWS::BedrockAgentCore::Policy Name',
  'AWS::BedrockAgentCore::RuntimeEndpoint Name',
  'AWS::CloudWatch::Alarm MetricName',
  'AWS::Cognito::UserPoolClient ClientName',
  'AWS::Cognito::UserPoolGroup GroupName',
  'AWS::Cognito::UserPoolResourceServer Identifier',
  'AWS::Cognito::UserPoolResourceServer Name',
  // The service that it leads to.
  'AWS::EC2::VPCEndpoint ServiceName',
  'AWS::IAM::Policy PolicyName',
];

type StackClass = new (scope: App, id: string, props: StackProps) => Stack;

const known = new Map<string, PhysicalName[]>();

/** The names in the template of a stack, as AWS would see them there; each is made once. */
function namesIn(StackOfApp: StackClass, place: Place): PhysicalName[] {
  const key = JSON.stringify([StackOfApp.name, place]);
  const names = known.get(key) ?? readNames(StackOfApp, place);
  known.set(key, names);
  return names;
}

function readNames(StackOfApp: StackClass, place: Place): PhysicalName[] {
  const { account, region, stackName } = place;
  const app = new App({ context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] } });
  const stack = new StackOfApp(app, 'ClaudeAgentStack', { stackName });
  // AWS CloudFormation gives each stack an id of its own.
  const id = `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/${stableUuid(JSON.stringify(place))}`;
  const text = JSON.stringify(Template.fromStack(stack).toJSON());
  const template = new ResolvedTemplate(
    JSON.parse(text.replaceAll('{"Ref":"AWS::StackId"}', JSON.stringify(id))) as object,
    {
      ...place,
      // Names are cut out of ARNs.
      standIn: ({ logicalId }, attribute) =>
        attribute?.endsWith('Arn') ? `arn:aws:made:::${stackName}/${logicalId}` : `${stackName}-${logicalId}`,
    },
  );
  return template
    .resources()
    .flatMap(({ logicalId, type }) =>
      Object.entries(template.properties(logicalId)).flatMap(([property, name]) =>
        NAME.test(property) && typeof name === 'string' ? [{ type, property, name }] : [],
      ),
    );
}

const kindOf = ({ type, property }: PhysicalName): string => `${type} ${property}`;

/** Names of these kinds that both have. */
function shared(StackOfApp: StackClass, left: Place, right: Place, isMeant: (kind: string) => boolean): PhysicalName[] {
  const taken = new Set(namesIn(StackOfApp, left).map((one) => JSON.stringify(one)));
  return namesIn(StackOfApp, right).filter((one) => isMeant(kindOf(one)) && taken.has(JSON.stringify(one)));
}

describe.each<[string, StackClass]>([
  ['the sample', ClaudeAgentStack],
  ['a stack with every construct', WholeStack],
])('%s', (_title, StackOfApp) => {
  it.each<[string, Place]>([
    ['another account', { ...HERE, account: '444455556666' }],
    ['another Region', { ...HERE, region: 'us-west-2' }],
    ['another account and Region', { ...HERE, account: '444455556666', region: 'us-west-2' }],
    ['the same place under another stack name', { ...HERE, stackName: 'Second' }],
  ])('takes no name from all customers that it has in %s too', (_, there) => {
    const isMeant = (kind: string): boolean => OF_ALL_ACCOUNTS.includes(kind);

    expect(namesIn(StackOfApp, there).filter((one) => isMeant(kindOf(one))).length).toBeGreaterThan(0);
    expect(shared(StackOfApp, HERE, there, isMeant)).toEqual([]);
  });

  it('can be twice in one place, with two stack names', () => {
    expect(shared(StackOfApp, HERE, { ...HERE, stackName: 'Second' }, (kind) => !OF_A_PARENT.includes(kind))).toEqual(
      [],
    );
  });

  it('can be twice in one place with long stack names that differ at the end only', () => {
    const [one, two] = ['one', 'two'].map((end) => `${'claude-agent-of-the-platform-team-'.repeat(3)}${end}`);
    const [left, right] = [one, two].map((stackName = '') => ({ ...HERE, stackName }));
    if (left === undefined || right === undefined) throw new Error('there are two places');

    expect(shared(StackOfApp, left, right, (kind) => !OF_A_PARENT.includes(kind))).toEqual([]);
  });
});
