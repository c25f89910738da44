import {
  aws_apigatewayv2 as apigateway,
  aws_apigatewayv2_authorizers as authorizers,
  aws_iam as iam,
  aws_s3 as s3,
  Duration,
  Lazy,
  Stack,
} from 'aws-cdk-lib';
import type { aws_lambda as lambda, aws_logs as logs } from 'aws-cdk-lib';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import type { IAgent } from '../agent/agent';
import { UserRole } from '../agent/user-role';
import { LibraryFunction } from '../functions/library-function';
import { ApiEnvironment, ApiRoute } from '../handlers/api/environment';
import { DOWNLOADS_PREFIX, objectStatements, WORKSPACES_PREFIX } from '../iam/object-access';
import { sessionRowStatements } from '../iam/session-row-access';
import { USER_KEY_VARIABLE, userRoleAccess, userRoleTrust } from '../iam/user-scope';
import { requireProperties } from '../private/required-properties';
import { throwFindings } from '../private/validation';
import { accessLogStage } from './access-log-stage';
import type { AgentApiProps, IApiUsers } from './agent-api-props';
import { apiFindings, capabilityFindings, webOriginFindings } from './api-findings';
import { furtherRules } from './further-rules';
import { warnOfLinks } from './link-warnings';

/** A little less than API Gateway waits, so that the function's own answer arrives. */
const TIMEOUT = Duration.seconds(29);

/** In MiB: a file that is given away is in the memory twice, and the share of a processor grows with it. */
const MEMORY_SIZE = 1024;

/** Of the user-scoped role; one agent has one API. */
const POLICY = 'Api';

/** How long a browser remembers that it may call. */
const PREFLIGHT_MAX_AGE = Duration.hours(1);

/**
 * What the pages of an agent need beside the agent itself: the user's sessions by last use, their messages and files, the
 * user's settings, and the end of linking an account. An HTTP API for users who are signed in.
 *
 * Its function can do nothing itself: it takes on the user-scoped role of the agent, for the user of the token. Whom the
 * authorizer of the agent does not let in, it does not let in either.
 */
export class AgentApi extends Construct {
  /** The API. */
  public readonly httpApi: apigateway.HttpApi;

  /** The function behind it. */
  public readonly function: lambda.Function;

  /** The log of requests; it has no tokens and no names of users, sessions and files. */
  public readonly accessLog: logs.LogGroup;

  /** The address of the API, without a slash at its end. */
  public readonly url: string;

  private readonly webOrigins = new Set<string>();
  private readonly bucket: s3.IBucket;

  /** @throws Error with every finding about the properties */
  constructor(scope: Construct, id: string, props: AgentApiProps) {
    super(scope, id);
    requireProperties(this, props, {
      agent: 'an AgentRuntime',
      users: 'an AgentUserPool',
      sessions: 'a SessionTable',
      workspace: 'a WorkspaceBucket',
    });
    const { linkedAccounts = [], workspace } = props;
    throwFindings(this, [...apiFindings(this, props), ...otherApiFindings(props.agent)]);
    this.node.addValidation({ validate: () => capabilityFindings(props) });
    warnOfLinks(this, props);
    this.bucket = workspace.bucket;

    const handler = this.defineFunction(props);
    this.function = handler.function;
    this.allowLinking(handler.role, props);

    this.httpApi = new apigateway.HttpApi(this, 'Api', {
      description: `Sessions, files and settings of the users of ${props.agent.agentName}`,
      createDefaultStage: false,
      defaultAuthorizer: new authorizers.HttpJwtAuthorizer('Users', props.users.issuerUrl, {
        jwtAudience: [...jwtAudience(props.users)],
      }),
    });
    const integration = new HttpLambdaIntegration('Function', this.function);
    const routes = Object.values(ApiRoute)
      .filter((route) => route !== ApiRoute.COMPLETE_LINK || linkedAccounts.length > 0)
      .flatMap((route) => {
        const [method, path = ''] = route.split(' ');
        return this.httpApi.addRoutes({ path, methods: [method as apigateway.HttpMethod], integration });
      });
    const { stage, logGroup } = accessLogStage(this, { httpApi: this.httpApi, routes }, props);
    this.accessLog = logGroup;
    this.url = this.httpApi.apiEndpoint;
    stage.node.addDependency(handler);

    this.allowWebOrigins();
    for (const origin of props.webOrigins ?? []) this.addWebOrigin(origin);
  }

  /**
   * Lets the pages of an origin call the API, and read the files that it gives away.
   *
   * @throws Error when it is no origin, or one too many
   */
  public addWebOrigin(origin: string): void {
    throwFindings(this, webOriginFindings(origin, this.webOrigins));
    if (this.webOrigins.has(origin)) return;
    this.webOrigins.add(origin);
    // Rules of a bucket that was brought are its owner's matter.
    if (this.bucket instanceof s3.Bucket) {
      this.bucket.addCorsRule({ allowedOrigins: [origin], allowedMethods: [s3.HttpMethods.GET] });
    }
  }

  private defineFunction(props: AgentApiProps): LibraryFunction {
    const { agent, users, sessions, workspace, reservedConcurrency } = props;
    const { userClientIds = [], audiences = [] } = users;
    const userRole = UserRole.of(agent);
    const rules = furtherRules(props);
    const handler = new LibraryFunction(this, 'Function', {
      handler: 'api',
      description: `Answers the users of ${agent.agentName}`,
      timeout: TIMEOUT,
      memorySize: MEMORY_SIZE,
      reservedConcurrency,
      permissionsBoundary: agent.permissionsBoundary,
      environment: {
        ...(userClientIds.length === 0 ? {} : { [ApiEnvironment.CLIENT_IDS]: userClientIds.join(',') }),
        ...(audiences.length === 0 ? {} : { [ApiEnvironment.AUDIENCES]: Stack.of(this).toJsonString(audiences) }),
        ...(rules === undefined ? {} : { [ApiEnvironment.TOKEN_RULES]: Stack.of(this).toJsonString(rules) }),
        [ApiEnvironment.AGENT_NAME]: agent.agentName,
        [ApiEnvironment.USER_ROLE_ARN]: userRole.role.roleArn,
        [ApiEnvironment.SESSION_TABLE]: sessions.table.tableName,
        [ApiEnvironment.WORKSPACE_BUCKET]: workspace.bucket.bucketName,
        [ApiEnvironment.WORKSPACES_PREFIX]: WORKSPACES_PREFIX,
        [ApiEnvironment.DOWNLOADS_PREFIX]: DOWNLOADS_PREFIX,
      },
    });
    handler.addPolicy('Users', {
      description: 'Takes on the role of one user at a time',
      statements: [{ statement: userRoleAccess(userRole.role.roleArn) }],
    });
    if (userRole.role.assumeRolePolicy !== undefined) {
      userRoleTrust(handler.role).addToAssumeRolePolicy(userRole.role.assumeRolePolicy);
    }
    userRole.addPolicy(POLICY, {
      description: 'What the user does with sessions beside talking to the agent',
      statements: [
        ...sessionRowStatements(sessions.table, 'manage'),
        ...objectStatements(workspace.bucket, `${DOWNLOADS_PREFIX}${USER_KEY_VARIABLE}/`, ['read', 'write', 'delete']),
      ],
    });
    return handler;
  }

  private allowLinking(role: iam.IRole, { linkedAccounts = [] }: AgentApiProps): void {
    if (linkedAccounts.length === 0) return;
    const policy = new iam.ManagedPolicy(this, 'Linking', {
      description: 'Ends the linking of accounts',
      roles: [role],
    });
    for (const account of linkedAccounts) account.grantComplete(policy);
  }

  /** Only pages of these origins; the token is sent by the page, so no cookies. */
  private allowWebOrigins(): void {
    const api = this.httpApi.node.defaultChild as apigateway.CfnApi;
    api.corsConfiguration = Lazy.any({
      produce: () =>
        this.webOrigins.size === 0
          ? undefined
          : {
              allowOrigins: [...this.webOrigins],
              allowMethods: ['DELETE', 'GET', 'PATCH', 'POST', 'PUT'],
              allowHeaders: ['authorization', 'content-type'],
              maxAge: PREFLIGHT_MAX_AGE.toSeconds(),
            },
    });
  }
}

/** API Gateway looks at the client of a token only where the token names no audience. */
function jwtAudience({ userClientIds = [], audiences = [] }: IApiUsers): readonly string[] {
  return audiences.length > 0 ? audiences : userClientIds;
}

function otherApiFindings(agent: IAgent): string[] {
  return UserRole.of(agent).hasPolicy(POLICY)
    ? [`the agent ${agent.node.path} has an AgentApi already, and one serves all of its users; leave one`]
    : [];
}
