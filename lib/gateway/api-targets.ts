import { aws_iam as iam, Token } from 'aws-cdk-lib';
import type { aws_apigateway as apigateway } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Actions } from '../iam/actions';
import type { ApiDocument } from './api-document';
import type { BoundGatewayTarget, IGatewayTarget } from './gateway-target';
import { OutboundCredential } from './outbound-credential';

/** Tools from the description of an API. */
export interface ApiTargetOptions {
  /** The description: its operations become the tools. */
  readonly document: ApiDocument;

  /** How the gateway proves to the API who it is. */
  readonly credential: OutboundCredential;
}

/** Tools from a Smithy model. */
export interface SmithyTargetOptions {
  /** The description: its operations become the tools. */
  readonly document: ApiDocument;

  /**
   * How the gateway proves to the API who it is.
   *
   * @default OutboundCredential.gatewayRole()
   */
  readonly credential?: OutboundCredential;
}

/** Which methods of an API become tools. */
export interface ApiOperations {
  /** A path, such as `/orders/{id}`, or the beginning of paths, such as `/orders/*`. */
  readonly path: string;
  /** Methods in capital letters: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS. */
  readonly methods: string[];
}

/** Tools from a REST API of Amazon API Gateway. */
export interface ApiGatewayTargetOptions {
  /** The API, in the account and Region of the gateway. */
  readonly restApi: apigateway.IRestApi;

  /** The name of the stage. */
  readonly stage: string;

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

/** The operations that a document describes. */
abstract class DocumentTarget implements IGatewayTarget {
  public abstract readonly kind: IGatewayTarget['kind'];
  public readonly tools = undefined;

  constructor(
    public readonly name: string,
    private readonly document: ApiDocument,
    public readonly credential: OutboundCredential,
    private readonly schema: 'openApiSchema' | 'smithyModel',
  ) {}

  public findings(): string[] {
    return this.document.findings();
  }

  public bind(scope: Construct): BoundGatewayTarget {
    const { configuration, statements } = this.document.bind(scope);
    return { configuration: { mcp: { [this.schema]: configuration } }, statements };
  }
}

/** The operations of an OpenAPI 3 document. */
export class OpenApiTarget extends DocumentTarget {
  public readonly kind = 'OpenAPI';

  constructor(name: string, { document, credential }: ApiTargetOptions) {
    super(name, document, credential, 'openApiSchema');
  }
}

/** The operations of a Smithy model. */
export class SmithyTarget extends DocumentTarget {
  public readonly kind = 'Smithy';

  constructor(name: string, { document, credential = OutboundCredential.gatewayRole() }: SmithyTargetOptions) {
    super(name, document, credential, 'smithyModel');
  }
}

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
    const { operations, stage } = this.options;
    return [
      ...(stage === '' ? ['the stage of an API has no name; give that of the stage which is deployed'] : []),
      ...(operations.length === 0
        ? ['operations is empty, so that nothing of the API becomes a tool; name paths and methods']
        : []),
      ...operations.flatMap(operationFindings),
    ];
  }

  public bind(): BoundGatewayTarget {
    const { restApi, stage, operations } = this.options;
    return {
      configuration: {
        mcp: {
          apiGateway: {
            restApiId: restApi.restApiId,
            stage,
            apiGatewayToolConfiguration: {
              toolFilters: operations.map(({ path, methods }) => ({ filterPath: path, methods })),
            },
          },
        },
      },
      statements:
        this.credential.kind === 'GATEWAY_IAM_ROLE' ? operations.flatMap((operation) => this.access(operation)) : [],
    };
  }

  private access({ path, methods }: ApiOperations) {
    const { restApi, stage } = this.options;
    // What stands in braces is any one value.
    const resource = path.replace(/\{[^}]*\}/g, '*');
    const resources = methods.map((method) => restApi.arnForExecuteApi(method, resource, stage));
    return resources.map((arn) => ({
      statement: new iam.PolicyStatement({ actions: [...Actions.INVOKE_API], resources: [arn] }),
      ...(resource.includes('*')
        ? { wildcard: { resource: arn, reason: 'the path has a part that differs from call to call' } }
        : {}),
    }));
  }
}

function operationFindings({ path, methods }: ApiOperations): string[] {
  return [
    ...(Token.isUnresolved(path) || path.startsWith('/')
      ? []
      : [`the path "${path}" of an operation does not begin with "/"; give it as the API has it`]),
    ...(methods.length === 0 ? [`the path "${path}" has no methods; name those that become tools`] : []),
    ...methods
      .filter((method) => !METHODS.has(method))
      .map((method) => `the method "${method}" of the path "${path}" is none of ${[...METHODS].join(', ')}; give one`),
  ];
}
