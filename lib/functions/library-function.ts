import { aws_iam as iam, aws_lambda as lambda, aws_logs as logs, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { AcknowledgedPolicy, type AcknowledgedPolicyProps } from '../iam/acknowledged-policy';
import { Actions } from '../iam/actions';
import { handlerCode, HANDLER_ENTRY, HANDLER_RUNTIME } from '../private/handler-code';

/** Properties of a LibraryFunction. */
export interface LibraryFunctionProps {
  /** The folder of its code in lib/handlers. */
  readonly handler: string;
  /** What it does; of the function and of its role. */
  readonly description: string;
  /** @default - none */
  readonly environment?: Record<string, string>;
  /** @default Duration.seconds(30) */
  readonly timeout?: Duration;
  /**
   * In MiB.
   *
   * @default 256
   */
  readonly memorySize?: number;
  /**
   * How many of it may run at a time; that many are taken from what the account has for other functions.
   *
   * @default - as many as the account has room for
   */
  readonly reservedConcurrency?: number | undefined;
  /**
   * A limit for the role.
   *
   * @default - no boundary
   */
  readonly permissionsBoundary?: iam.IManagedPolicy | undefined;
}

/**
 * A function whose code comes with the library: bundled, on ARM64, with a log group that ends with the stack and a role that
 * writes there and does nothing else until `addPolicy`. What depends on this construct waits for the policies too.
 */
export class LibraryFunction extends Construct {
  public readonly function: lambda.Function;
  public readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: LibraryFunctionProps) {
    super(scope, id);
    const { handler, description, environment, timeout, memorySize, reservedConcurrency, permissionsBoundary } = props;
    const logGroup = new logs.LogGroup(this, 'Log', {
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description,
      ...(permissionsBoundary === undefined ? {} : { permissionsBoundary }),
    });
    this.function = new lambda.Function(this, 'Function', {
      code: handlerCode(handler),
      handler: HANDLER_ENTRY,
      runtime: HANDLER_RUNTIME,
      architecture: lambda.Architecture.ARM_64,
      description,
      role: this.role,
      logGroup,
      memorySize: memorySize ?? 256,
      timeout: timeout ?? Duration.seconds(30),
      ...(environment === undefined ? {} : { environment }),
      ...(reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: reservedConcurrency }),
    });
    this.addPolicy('Log', {
      description: 'The log of the function',
      statements: [
        {
          statement: new iam.PolicyStatement({ actions: [...Actions.WRITE_LOGS], resources: [logGroup.logGroupArn] }),
        },
      ],
    });
  }

  /** Adds what the function needs, in a managed policy of its own. */
  public addPolicy(id: string, policy: Omit<AcknowledgedPolicyProps, 'role'>): void {
    new AcknowledgedPolicy(this, `${id}Policy`, { ...policy, role: this.role });
  }
}
