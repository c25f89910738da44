import { aws_cognito as cognito, Duration } from 'aws-cdk-lib';
import type { AgentUserPoolProps, MachineClientOptions } from './agent-user-pool-props';
import { DEFAULT_TOKEN_VALIDITY, defaultRefreshTokenValidity } from './token-validity';
import type { WebOrigins } from './web-origins';

const PORTS = [9731, 19_731, 29_731];
const SCOPES = { invoke: 'Call the agent' };

/** How long a refresh token can be used again after it was, for an answer that got lost on its way. */
const ROTATION_GRACE = Duration.seconds(10);

/** What the clients of people have in common: no secret, a code with PKCE, and refresh tokens that are good once. */
function personalClient(
  {
    tokenValidity = DEFAULT_TOKEN_VALIDITY,
    refreshTokenValidity = defaultRefreshTokenValidity(tokenValidity),
  }: AgentUserPoolProps,
  callbackUrls: string[],
  logoutUrls: string[],
): cognito.UserPoolClientOptions {
  return {
    generateSecret: false,
    // Where none is named Amazon Cognito allows three; in this one passwords are proved and never sent.
    authFlows: { userSrp: true },
    oAuth: {
      flows: { authorizationCodeGrant: true },
      scopes: [cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
      callbackUrls,
      logoutUrls,
    },
    preventUserExistenceErrors: true,
    enableTokenRevocation: true,
    accessTokenValidity: tokenValidity,
    idTokenValidity: tokenValidity,
    refreshTokenValidity,
    refreshTokenRotationGracePeriod: ROTATION_GRACE,
    // A user can change nothing about himself that a tool or a policy might believe.
    writeAttributes: new cognito.ClientAttributes().withStandardAttributes({ email: true }),
  };
}

/** The client of the pages. */
export function addWebClient(pool: cognito.UserPool, props: AgentUserPoolProps, origins: WebOrigins) {
  const client = pool.addClient('WebClient', personalClient(props, origins.callbackUrls, origins.logoutUrls));
  origins.requiredBy(client.node.defaultChild as cognito.CfnUserPoolClient);
  return client;
}

/** The client of a command line. */
export function addCommandLineClient(pool: cognito.UserPool, props: AgentUserPoolProps, ports = PORTS) {
  const addresses = (path: string): string[] => ports.map((port) => `http://localhost:${port}${path}`);
  return pool.addClient('CommandLineClient', personalClient(props, addresses('/callback'), addresses('/')));
}

/** The client of machines, and what its tokens can be asked for. */
export function addMachineClient(
  pool: cognito.UserPool,
  { tokenValidity = DEFAULT_TOKEN_VALIDITY }: AgentUserPoolProps,
  { scopes = SCOPES }: MachineClientOptions,
) {
  const resourceScopes = Object.entries(scopes).map(
    ([scopeName, scopeDescription]) => new cognito.ResourceServerScope({ scopeName, scopeDescription }),
  );
  const server = pool.addResourceServer('Machines', { identifier: 'agent', scopes: resourceScopes });
  return pool.addClient('MachineClient', {
    generateSecret: true,
    // Amazon Cognito signs people in with SRP where no flow is named; this one needs triggers, which the pool does not have.
    authFlows: { custom: true },
    oAuth: {
      flows: { clientCredentials: true },
      scopes: resourceScopes.map((scope) => cognito.OAuthScope.resourceServer(server, scope)),
    },
    preventUserExistenceErrors: true,
    enableTokenRevocation: true,
    accessTokenValidity: tokenValidity,
  });
}
