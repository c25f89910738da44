import { join } from 'node:path';
import type { AgentIdentity } from './agent-identity/agent-identity';
import { WorkloadTokens } from './agent-identity/workload-tokens';
import type { Audit } from './audit';
import { connectServices } from './connected-services';
import type { CredentialStore } from './credentials';
import type { GitHubService } from './endpoints/github';
import { OidcProvider } from './endpoints/oidc';
import { LocalFunctions } from './functions/local-functions';
import { gitHubEnvironment } from './github/github-connections';
import { RunningGateway } from './gateways/running-gateway';
import type { Identity } from './identity/identity';
import { testUsers } from './identity/test-users';
import { Interpreters } from './interpreter/interpreters';
import { JwtAuthorizer } from './jwt-authorizer';
import type { LocalApp } from './local-app';
import type { ModelChoice } from './model-choice';
import { providerAccess, type ProviderKey } from './model-provider';
import type { Reaper } from './reaper';
import type { TemplateInterpreter } from './resources/code-interpreter';
import { gatewayUrl } from './resources/gateway';
import { apiUrl, type TemplateHttpApi } from './resources/http-api';
import type { TemplateIdentityPool } from './resources/identity-pool';
import { isSecretArn } from './resources/secret';
import type { LocalRuntime } from './resources/runtime';
import type { RuntimeAccess } from './runtime-access';
import { prepareRuntime, runRuntime, type RunningRuntime } from './running-runtime';
import { openBuckets, type LocalBuckets } from './s3/local-buckets';
import { SecretStore } from './secrets/secret-store';
import { RoleDirectory } from './sts/role-directory';
import { LocalTables } from './tables/local-tables';

export interface RunningAppOptions {
  readonly state: string;
  /** Address of the front. */
  readonly endpoint: string;
  readonly model: ModelChoice;
  readonly identity: () => Identity;
  readonly credentials: CredentialStore;
  readonly audit: Audit;
  readonly reaper: Reaper;
  /** Whether code may run without a sandbox where none can be made. */
  readonly unsandboxedCode: boolean;
  readonly log: (line: string) => void;
}

/** The resources of an app, ready to be called. */
export interface RunningApp {
  readonly runtimes: readonly RunningRuntime[];
  readonly userPools: readonly OidcProvider[];
  readonly secrets: SecretStore;
  readonly roles: RoleDirectory;
  readonly buckets: LocalBuckets;
  readonly codeInterpreters: readonly TemplateInterpreter[];
  readonly interpreters: Interpreters;
  readonly providerKeys: readonly ProviderKey[];
  readonly functions: LocalFunctions;
  readonly gateways: readonly RunningGateway[];
  readonly httpApis: readonly TemplateHttpApi[];
  readonly tables: LocalTables;
  readonly identityPools: readonly TemplateIdentityPool[];
  readonly agentIdentity: AgentIdentity;
  readonly gitHub: GitHubService;
}

/**
 * Makes what the templates describe ready, and tells the person what they have to know of it.
 *
 * @throws Error with a sentence for the person who started the run
 */
export async function runApp(app: LocalApp, options: RunningAppOptions): Promise<RunningApp> {
  const { log, endpoint } = options;
  const userPools = app.userPools.map((pool) => new OidcProvider(pool, options.identity()));
  for (const { pool } of userPools) {
    const names = testUsers(pool).map(({ username }) => username);
    log(`user pool ${pool.id}: sign in as ${names.join(' or ')}, without a password (issuer ${pool.issuer})`);
  }
  const secrets = new SecretStore(options.state, app.secrets);
  const interpreters = new Interpreters({ reaper: options.reaper, allowUnsandboxed: options.unsandboxedCode });
  for (const line of describeInterpreters(app.codeInterpreters, interpreters)) log(line);
  const buckets = openBuckets(app, join(options.state, 's3'), log);

  const workloadTokens = new WorkloadTokens();
  const connected = await connectServices(app, workloadTokens, options.state, options.reaper, log);

  const runtimes: RunningRuntime[] = [];
  const providerKeys: ProviderKey[] = [];
  for (const description of app.runtimes) {
    const provider = providerAccess(description, options.model, secrets, endpoint);
    if (provider !== undefined) log(provider.description);
    if (provider?.key !== undefined) providerKeys.push(provider.key);
    for (const line of missingSecrets(description, secrets)) log(line);

    const access = accessOf(description, userPools);
    const command = await prepareRuntime(description, options.reaper, log);
    const environment = { ...provider?.environment, ...gitHubEnvironment(description, endpoint) };
    runtimes.push(runRuntime(description, command, { ...options, access, environment, workloadTokens }));
  }
  const { codeInterpreters, httpApis, identityPools } = app;
  const roles = new RoleDirectory(app.roles);
  const functions = new LocalFunctions(app.functions, { ...options, roles });
  const { agentIdentity } = connected;
  const gateways = app.gateways.map(
    (gateway) => new RunningGateway(gateway, { ...options, functions, agentIdentity, secrets }),
  );
  await Promise.all(gateways.map((gateway) => gateway.refresh()));
  for (const line of gateways.flatMap((gateway) => describeGateway(gateway, endpoint))) log(line);
  for (const { id, name } of httpApis) log(`API ${name}: ${apiUrl(id, endpoint)} (without throttling)`);
  const tables = await LocalTables.open(app.tables, join(options.state, 'dynamodb'), log);
  const others = { functions, gateways, httpApis, tables, identityPools, ...connected };
  return { runtimes, userPools, secrets, providerKeys, buckets, roles, codeInterpreters, interpreters, ...others };
}

/** Where a gateway is, and what of it is not there. */
function describeGateway({ description, toolNames, shortcomings }: RunningGateway, endpoint: string): string[] {
  const { id, name } = description;
  return [`gateway ${name}: ${gatewayUrl(id, endpoint)} with ${toolNames.join(', ') || 'no tools'}`, ...shortcomings];
}

/** What of the interpreters is as on AWS, and what is not. */
function describeInterpreters(described: readonly TemplateInterpreter[], interpreters: Interpreters): string[] {
  return described.map(({ name, network, hasRole }) => {
    const less = [
      ...(network === 'SANDBOX' ? [] : [`its network ${network}`]),
      ...(hasRole ? ['the credentials of its role'] : []),
    ];
    const without = less.length === 0 ? '' : `, without ${less.join(' and ')}`;
    return `code interpreter ${name}: ${interpreters.description}${without}`;
  });
}

function missingSecrets(runtime: LocalRuntime, secrets: SecretStore): string[] {
  return Object.entries(runtime.environment).flatMap(([variable, value]) => {
    if (!isSecretArn(value)) return [];
    const { name, value: known } = secrets.find(value, runtime);
    return known === undefined ? [`${variable} of runtime ${runtime.name}: ${secrets.advice(name)}`] : [];
  });
}

function accessOf({ authorizer: settings }: LocalRuntime, pools: readonly OidcProvider[]): RuntimeAccess {
  if (settings === undefined) return { kind: 'iam' };
  const authorizer = new JwtAuthorizer(settings);
  const provider = pools.find(({ pool }) => pool.issuer === authorizer.authorizationServer);
  const clients = provider?.pool.clients ?? [];
  const client = clients.find(({ id }) => settings.allowedClients?.includes(id)) ?? clients[0];
  return provider === undefined || client === undefined
    ? { kind: 'jwt', authorizer }
    : { kind: 'jwt', authorizer, testTokens: () => provider.testTokens(client) };
}
