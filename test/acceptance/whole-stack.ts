import { join } from 'node:path';
import {
  aws_cognito as cognito,
  aws_ec2 as ec2,
  aws_secretsmanager as secretsmanager,
  Stack,
  type StackProps,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import {
  AgentAlarms,
  AgentApi,
  AgentBudget,
  AgentDashboard,
  AgentEndpoint,
  AgentGateway,
  AgentLogQueries,
  AgentNetwork,
  AgentRuntime,
  AgentUserPool,
  AgentVpcEndpoints,
  ApiKeyConnection,
  CodeInterpreterTool,
  EndpointVersion,
  GatewayPolicy,
  GatewayTool,
  GitHubConnection,
  OAuthConnection,
  OAuthVendor,
  SessionTable,
  UserIdentityPool,
  WorkspaceBucket,
} from '../../lib';
import { testImage } from '../support/stack';

const PAGE = 'https://agent.example.com';
const RETURN_URL = `${PAGE}/oauth/return`;

/** Every construct of the library that a stack can have more than once in an account and Region. */
export class WholeStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, props);
    const secret = (name: string): secretsmanager.Secret => new secretsmanager.Secret(this, `${name}Secret`);
    const users = new AgentUserPool(this, 'Users', {
      webOrigins: [PAGE],
      commandLineClient: {},
      groups: { buyers: 'May order' },
      signUp: { allowedEmailDomains: ['example.com'] },
      mfa: cognito.Mfa.REQUIRED,
    });
    const workspace = new WorkspaceBucket(this, 'Workspace');
    const sessions = new SessionTable(this, 'Sessions');
    const codeInterpreter = new CodeInterpreterTool(this, 'CodeInterpreter');
    const github = new GitHubConnection(this, 'GitHub', {
      clientId: 'Iv1.client',
      clientSecret: secret('GitHub'),
      returnUrl: RETURN_URL,
    });
    const google = new OAuthConnection(this, 'Google', {
      vendor: OAuthVendor.google(),
      clientId: 'client',
      clientSecret: secret('Google'),
      scopes: ['openid'],
      returnUrl: RETURN_URL,
    });
    const weather = new ApiKeyConnection(this, 'Weather', { connectionName: 'WEATHER', secret: secret('Weather') });
    const gateway = new AgentGateway(this, 'Gateway', {
      authorizer: users.authorizer(),
      tools: [
        GatewayTool.function('get_current_time', {
          target: 'clock',
          entry: join(__dirname, '..', '..', 'bin', 'app', 'tools', 'current-time.ts'),
          input: { type: 'object', properties: { time_zone: { type: 'string' } }, required: ['time_zone'] },
          description: 'Tells date and time in a time zone',
        }),
      ],
      policies: [GatewayPolicy.permit({ name: 'everybody', targets: ['clock'] })],
    });
    const vpc = new ec2.Vpc(this, 'Vpc', {
      availabilityZones: ['zone-a', 'zone-b'],
      subnetConfiguration: [{ name: 'Agents', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    });
    new AgentVpcEndpoints(this, 'VpcEndpoints', { vpc });
    const agent = new AgentRuntime(this, 'Agent', {
      image: testImage(),
      authorizer: users.authorizer(),
      capabilities: [
        new UserIdentityPool(this, 'UserIdentity', { users }),
        workspace,
        sessions,
        codeInterpreter,
        gateway,
        github,
        google,
        weather,
      ],
      network: AgentNetwork.vpc({ vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }),
      applicationLogs: true,
      usageLogs: true,
      tracing: true,
    });
    new AgentEndpoint(this, 'Endpoint', { agent, endpointName: 'production', version: EndpointVersion.latest() });
    const linkedAccounts = [github, google];
    new AgentApi(this, 'Api', { agent, users, sessions, workspace, linkedAccounts, webOrigins: [PAGE] });
    new AgentDashboard(this, 'Dashboard', { agents: [agent], gateways: [gateway] });
    new AgentAlarms(this, 'Alarms', { agent });
    new AgentLogQueries(this, 'LogQueries', { agent });
    new AgentBudget(this, 'Budget', { monthlyLimitUsd: 100, emails: ['ops@example.com'] });
  }
}
