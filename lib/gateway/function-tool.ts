import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { aws_lambda as lambda, aws_logs as logs, Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { HANDLER_ENTRY, HANDLER_RUNTIME } from '../private/handler-code';
import { bundledCode, esbuildFindings } from './esbuild';
import { FunctionRole } from './function-role';
import type { BoundGatewayTarget, GatewayTargetBindOptions, ToolDefinition } from './gateway-target';
import { LambdaTarget } from './lambda-target';

/** A tool that is one function. Give `entry` or `function`. */
export interface FunctionToolOptions extends Omit<ToolDefinition, 'name'> {
  /**
   * A TypeScript or JavaScript file that exports `handler`, as `toolHandler` of `cdk-agentcore-constructs/tool-handler`
   * makes it. It is bundled with esbuild for Node.js on ARM64.
   *
   * @default - `function` is given
   */
  readonly entry?: string;

  /**
   * A function that is defined elsewhere. Nothing about it is changed.
   *
   * @default - `entry` is given
   */
  readonly function?: lambda.IFunction;

  /**
   * The name of the target, which stands before that of the tool.
   *
   * @default - the name of the tool, with hyphens for underscores
   */
  readonly target?: string;

  /**
   * How long a call may take: up to 15 minutes. Only with `entry`.
   *
   * @default Duration.seconds(30)
   */
  readonly timeout?: Duration;

  /**
   * The memory of the function in MiB: 128 to 10,240. Only with `entry`.
   *
   * @default 256
   */
  readonly memorySize?: number;

  /**
   * Environment variables of the function. Only with `entry`.
   *
   * @default - none
   */
  readonly environment?: Record<string, string>;

  /**
   * How long the log of the function is kept. Only with `entry`.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;
}

/** The options that belong to a function that is made here. */
const ENTRY_OPTIONS = ['entry', 'timeout', 'memorySize', 'environment', 'logRetention'] as const;

const DEFAULT_TIMEOUT = Duration.seconds(30);

/** What AWS Lambda and a gateway let a call take (quotas of both). */
const MAX_TIMEOUT_SECONDS = 900;

/** The memory that AWS Lambda allows, in MiB (quotas of AWS Lambda). */
const MIN_MEMORY = 128;
const MAX_MEMORY = 10_240;

/** The target of a tool that is one function. */
export class FunctionTool extends LambdaTarget {
  constructor(
    toolName: string,
    private readonly options: FunctionToolOptions,
  ) {
    const { description, input, output, target = toolName.replaceAll('_', '-') } = options;
    super(target, [{ name: toolName, description, input, ...(output === undefined ? {} : { output }) }]);
  }

  public override findings(scope: Construct): string[] {
    const { entry } = this.options;
    if (this.options.function !== undefined) {
      return ENTRY_OPTIONS.filter((option) => this.options[option] !== undefined).map(
        (option) => `${option} is given together with function, which is not changed; set it on that function`,
      );
    }
    if (entry === undefined) {
      return ['neither entry nor function is given, so there is nothing to call; give one of them'];
    }
    return [
      ...entryFindings(entry),
      ...timeoutFindings(this.options.timeout ?? DEFAULT_TIMEOUT),
      ...memoryFindings(this.options.memorySize),
      // `cdk destroy` and the like bundle nothing.
      ...(Stack.of(scope).bundlingRequired ? esbuildFindings() : []),
    ];
  }

  public override bind(scope: Construct, options: GatewayTargetBindOptions = {}): BoundGatewayTarget {
    return this.boundTo(scope, this.options.function ?? this.bundled(scope, options));
  }

  private bundled(scope: Construct, { permissionsBoundary }: GatewayTargetBindOptions): lambda.IFunction {
    const { entry = '', timeout = DEFAULT_TIMEOUT, memorySize = 256, environment } = this.options;
    const logGroup = new logs.LogGroup(scope, 'LogGroup', {
      retention: this.options.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new FunctionRole(scope, 'FunctionRole', {
      logGroup,
      ...(permissionsBoundary === undefined ? {} : { permissionsBoundary }),
    });
    const handler = new lambda.Function(scope, 'Function', {
      code: bundledCode(scope, entry),
      handler: HANDLER_ENTRY,
      runtime: HANDLER_RUNTIME,
      architecture: lambda.Architecture.ARM_64,
      timeout,
      memorySize,
      role: role.role,
      logGroup,
      ...(environment === undefined ? {} : { environment }),
    });
    handler.node.addDependency(role);
    return handler;
  }
}

function entryFindings(entry: string): string[] {
  if (!existsSync(entry) || !statSync(entry).isFile()) {
    return [
      `entry "${entry}" is no file (looked for at ${resolve(entry)}); give the file that exports "handler", best with join(__dirname, …)`,
    ];
  }
  return /\.[cm]?[jt]sx?$/.test(entry)
    ? []
    : [`entry "${entry}" is neither TypeScript nor JavaScript; give such a file`];
}

function timeoutFindings(timeout: Duration): string[] {
  if (Token.isUnresolved(timeout)) return [];
  const seconds = timeout.toSeconds({ integral: false });
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_TIMEOUT_SECONDS
    ? []
    : [`timeout is ${seconds} seconds; AWS Lambda allows whole seconds, 1 to ${MAX_TIMEOUT_SECONDS} (15 minutes)`];
}

function memoryFindings(memorySize: number | undefined): string[] {
  return memorySize === undefined ||
    Token.isUnresolved(memorySize) ||
    (Number.isInteger(memorySize) && memorySize >= MIN_MEMORY && memorySize <= MAX_MEMORY)
    ? []
    : [`memorySize is ${memorySize} MiB; AWS Lambda allows whole numbers, ${MIN_MEMORY} to ${MAX_MEMORY}`];
}
