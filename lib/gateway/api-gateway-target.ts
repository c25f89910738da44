import { aws_apigateway as apigateway, aws_iam as iam, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Actions } from '../iam/actions';
import { resourceOf } from '../private/arn-environment';
import type { BoundGatewayTarget, IGatewayTarget } from './gateway-target';
import { OutboundCredential } from './outbound-credential';

/** Which methods of an API become tools. */
export interface ApiOperations {
  /** A path, such as `/orders/{id}`, or the beginning of paths, such as `/orders/*`. */
  readonly path: string;
  /** Methods in capital letters: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS. */
  readonly methods: string[];
}

/** Tools from a REST API of Amazon API Gateway. */
export interface ApiGatewayTargetOptions {
  /**
   * The stage that is called, `api.deploymentStage` for instance, in the account and Region of the gateway. The target waits
   * for it, because AgentCore reads the API as the stage has it when it makes the target.
   */
  readonly stage: apigateway.IStage;

  /** What becomes tools; everything else cannot be called. */
  readonly operations: ApiOperations[];

  /**
   * How the gateway proves to the API who it is.
   *
   * @default OutboundCredential.gatewayRole()
   */
  readonly credential?: OutboundCredential;
}

const METHODS = new Set(['GET', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'PUT', 'POST']);

/** How many methods a message lists at most. */
const LISTED = 10;

/** Methods of a REST API. */
export class ApiGatewayTarget implements IGatewayTarget {
  public readonly kind = 'an API stage';
  public readonly tools = undefined;
  public readonly credential: OutboundCredential;

  constructor(
    public readonly name: string,
    private readonly options: ApiGatewayTargetOptions,
  ) {
    this.credential = options.credential ?? OutboundCredential.gatewayRole();
  }

  public findings(): string[] {
    const { operations } = this.options;
    return [
      ...stageFindings(this.options.stage),
      ...(operations.length === 0
        ? ['operations is empty, so that nothing of the API becomes a tool; name paths and methods']
        : []),
      ...operations.flatMap(operationFindings),
    ];
  }

  public bind(scope: Construct): BoundGatewayTarget {
    const { stage, operations } = this.options;
    // Methods may be added after the gateway.
    scope.node.addValidation({ validate: () => missingFindings(stage.restApi, operations) });
    return {
      configuration: {
        mcp: {
          apiGateway: {
            restApiId: stage.restApi.restApiId,
            stage: stage.stageName,
            apiGatewayToolConfiguration: {
              toolFilters: operations.map(({ path, methods }) => ({ filterPath: path, methods })),
            },
          },
        },
      },
      statements:
        this.credential.kind === 'GATEWAY_IAM_ROLE' ? operations.flatMap((operation) => this.access(operation)) : [],
      dependencies: [stage],
    };
  }

  private access({ path, methods }: ApiOperations) {
    const { restApi, stageName } = this.options.stage;
    // What stands in braces is any one value.
    const resource = path.replace(/\{[^}]*\}/g, '*');
    const resources = methods.map((method) => restApi.arnForExecuteApi(method, resource, stageName));
    return resources.map((arn) => ({
      statement: new iam.PolicyStatement({ actions: [...Actions.INVOKE_API], resources: [arn] }),
      ...(resource.includes('*')
        ? { wildcard: { resource: arn, reason: 'the path has a part that differs from call to call' } }
        : {}),
    }));
  }
}

/** By its type an API that is imported, or made without `deploy`, has a stage. */
function stageFindings(stage: Partial<apigateway.IStage> | string | undefined): string[] {
  if (stage === undefined) {
    return [
      'stage is undefined: an API that is imported, or made with deploy: false, has none; define a Stage, or import it with Stage.fromStageAttributes()',
    ];
  }
  return typeof stage !== 'string' && stage.restApi !== undefined
    ? []
    : [
        `stage is ${typeof stage === 'string' ? `"${stage}"` : 'another object'}, and is to be the construct of a stage; give deploymentStage of the API, for instance`,
      ];
}

function operationFindings({ path, methods }: ApiOperations): string[] {
  if (Token.isUnresolved(path)) {
    return ['the path of an operation is only known at deployment, and permissions are made of it; give a literal'];
  }
  return [
    ...(path.startsWith('/')
      ? []
      : [`the path "${path}" of an operation does not begin with "/"; give it as the API has it`]),
    ...(path.endsWith('+}')
      ? [
          `the path "${path}" is one for all that follows, which gateways do not know; add resources for what becomes tools`,
        ]
      : []),
    ...(methods.length === 0 ? [`the path "${path}" has no methods; name those that become tools`] : []),
    ...methods
      .filter((method) => !METHODS.has(method))
      .map((method) => `the method "${method}" of the path "${path}" is none of ${[...METHODS].join(', ')}; give one`),
  ];
}

/** Operations that an API does not have, where the app defines all of it by L2s. */
function missingFindings(restApi: apigateway.IRestApi, operations: readonly ApiOperations[]): string[] {
  if (!(restApi instanceof apigateway.RestApi) || hasOtherMethods(restApi)) return [];
  const known = restApi.methods.map(({ httpMethod, resource }) => ({ httpMethod, path: resource.path }));
  const shown = known.slice(0, LISTED).map(({ httpMethod, path }) => `${httpMethod} ${path}`);
  const rest = known.length > LISTED ? ` and ${known.length - LISTED} more` : '';
  return operations
    .flatMap(({ path, methods }) => methods.map((method) => ({ path, method })))
    .filter(
      ({ path, method }) => !known.some((one) => [method, 'ANY'].includes(one.httpMethod) && isMeant(path, one.path)),
    )
    .map(
      ({ path, method }) =>
        `operations has ${method} ${path}, which the API ${restApi.node.path} does not have; it has ${shown.join(', ') || 'none'}${rest}: name one of them, or add the method`,
    );
}

function isMeant(asked: string, path: string): boolean {
  return asked.endsWith('/*') ? `${path}/`.startsWith(asked.slice(0, -1)) : asked === path;
}

/** Methods that are not added through the API itself: in another stack, for instance, or by L1s. */
function hasOtherMethods(restApi: apigateway.RestApi): boolean {
  return restApi.node.root.node.findAll().some((one) => {
    if (one instanceof apigateway.Method) return one.api !== restApi && mayBe(restApi, one.api);
    // Which API an L1 is of is not looked into.
    return one instanceof apigateway.CfnMethod && !(one.node.scope instanceof apigateway.Method);
  });
}

/** Whether `other` may be an import of the API: its id is that of this one, or a parameter for instance. */
function mayBe(restApi: apigateway.RestApi, { restApiId }: apigateway.IRestApi): boolean {
  const resource = resourceOf(restApiId);
  return Token.isUnresolved(restApiId) && (resource === undefined || resource === restApi.node.defaultChild);
}
