import { App, Stack, aws_cognito as cognito, aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';
import { AgentAuthorizer, AgentImage, AgentRuntime, ModelProvider } from '../../../../lib';

// An app whose users sign in, whose agent has a secret, and whose models come from an endpoint of its own.
const stack = new Stack(new App(), 'SignIn');
const users = new cognito.UserPool(stack, 'Users');
users.addDomain('Domain', { cognitoDomain: { domainPrefix: 'sign-in-app' } });
const page = users.addClient('Page', {
  userPoolClientName: 'web page',
  oAuth: {
    flows: { authorizationCodeGrant: true },
    scopes: [cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
    callbackUrls: ['https://d111.cloudfront.net/callback'],
  },
});
const pool = `https://cognito-idp.${stack.region}.amazonaws.com/${users.userPoolId}`;
new AgentRuntime(stack, 'Agent', {
  image: AgentImage.claudeAgent(),
  models: ModelProvider.compatibleEndpoint({
    url: 'https://models.example.com',
    secret: new secretsmanager.Secret(stack, 'ModelKey'),
    models: { main: 'qwen-coder' },
  }),
  secrets: { GITHUB_TOKEN: secretsmanager.Secret.fromSecretNameV2(stack, 'GitHub', 'team/github') },
  authorizer: AgentAuthorizer.oidc({
    discoveryUrl: `${pool}/.well-known/openid-configuration`,
    allowedClients: [page.userPoolClientId],
  }),
});
