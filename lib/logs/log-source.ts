import { Fn, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { differences, environmentOf, knownEnvironment } from '../private/arn-environment';

/** A kind of log that AgentCore delivers. */
export enum DeliveredLog {
  /** Every request and answer with its payload, to Amazon CloudWatch Logs. */
  APPLICATION_LOGS = 'APPLICATION_LOGS',
  /** What each session uses of processors and memory, every second, to Amazon CloudWatch Logs. */
  USAGE_LOGS = 'USAGE_LOGS',
  /** Spans, to AWS X-Ray. */
  TRACES = 'TRACES',
}

const { APPLICATION_LOGS, USAGE_LOGS, TRACES } = DeliveredLog;

/** A kind of resource. */
interface SourceKind {
  /** In words. */
  readonly words: string;
  /** Begins names. */
  readonly prefix: string;
  /** Where its log groups are. */
  readonly folder: string;
  /** What stands before the id in its ARN, as a regular expression. */
  readonly resource: string;
  readonly offers: readonly DeliveredLog[];
}

const FOLDER = '/aws/vendedlogs/bedrock-agentcore';

/**
 * What AgentCore delivers of each kind of resource.
 *
 * Source: "Add observability to your Amazon Bedrock AgentCore resources" in the developer guide, and its pages on the data
 * of each kind.
 */
const RUNTIME: SourceKind = {
  words: 'runtime',
  prefix: 'runtime',
  folder: `${FOLDER}/runtimes`,
  resource: 'runtime',
  offers: [APPLICATION_LOGS, USAGE_LOGS, TRACES],
};
const GATEWAY: SourceKind = {
  words: 'gateway',
  prefix: 'gateway',
  folder: `${FOLDER}/gateways`,
  resource: 'gateway',
  offers: [APPLICATION_LOGS, TRACES],
};
const MEMORY: SourceKind = {
  words: 'memory',
  prefix: 'memory',
  folder: `${FOLDER}/memories`,
  resource: 'memory',
  offers: [APPLICATION_LOGS, TRACES],
};
const CODE_INTERPRETER: SourceKind = {
  words: 'code interpreter',
  prefix: 'code-interpreter',
  folder: `${FOLDER}/code-interpreters`,
  resource: 'code-interpreter(?:-custom)?',
  offers: [APPLICATION_LOGS, USAGE_LOGS, TRACES],
};
const BROWSER: SourceKind = {
  words: 'browser',
  prefix: 'browser',
  folder: `${FOLDER}/browsers`,
  resource: 'browser(?:-custom)?',
  offers: [APPLICATION_LOGS, USAGE_LOGS, TRACES],
};

/** What AgentCore appends to a name in an id, after a hyphen. */
const ID_SUFFIX = '?'.repeat(10);

/** A resource of AgentCore whose logs can be delivered. */
export class LogSource {
  /** A runtime: an `AgentRuntime`, or one that is imported. */
  public static runtime(runtime: { runtimeArn: string; runtimeId: string; agentName?: string }): LogSource {
    return new LogSource(RUNTIME, runtime.runtimeArn, runtime.runtimeId, runtime.agentName);
  }

  /** A gateway: an `AgentGateway`, or an L2 whose name is known at synthesis. */
  public static gateway(gateway: { gatewayArn: string; gatewayId: string; gatewayName?: string }): LogSource {
    return new LogSource(GATEWAY, gateway.gatewayArn, gateway.gatewayId, gateway.gatewayName);
  }

  /** A memory, for instance an L2. */
  public static memory(memory: { memoryArn: string; memoryId: string; memoryName?: string }): LogSource {
    return new LogSource(MEMORY, memory.memoryArn, memory.memoryId, memory.memoryName);
  }

  /** A code interpreter of the account: a `CodeInterpreterTool`, or an L2. */
  public static codeInterpreter(interpreter: {
    codeInterpreterArn: string;
    codeInterpreterId: string;
    codeInterpreterName?: string;
  }): LogSource {
    const { codeInterpreterArn, codeInterpreterId, codeInterpreterName } = interpreter;
    return new LogSource(CODE_INTERPRETER, codeInterpreterArn, codeInterpreterId, codeInterpreterName);
  }

  /** A browser of the account, for instance an L2. */
  public static browser(browser: { browserArn: string; browserId: string; browserName?: string }): LogSource {
    return new LogSource(BROWSER, browser.browserArn, browser.browserId, browser.browserName);
  }

  /** The name of the resource; undefined where only the deployment knows it. */
  private readonly knownName: string | undefined;

  private constructor(
    private readonly kind: SourceKind,
    /** The ARN of the resource. */
    public readonly arn: string,
    private readonly id: string,
    name: string | undefined,
  ) {
    this.knownName = name === undefined || Token.isUnresolved(name) ? undefined : name;
  }

  /**
   * What names of its deliveries begin with: the kind, and the ten characters that AgentCore gave the resource. It is unique
   * in an account and Region, and another exactly when the resource is another: Amazon CloudWatch Logs refuses to move a
   * source to another resource, and a second source for the same one.
   */
  public get deliveryName(): string {
    return `${this.kind.prefix}-${this.idSuffix}`;
  }

  /** The folder of its log groups. AWS services may write into it as it is. */
  public get logFolder(): string {
    return `${this.kind.folder}/${this.id}`;
  }

  /** A pattern of that folder that can stand in the policy of a key which the resource itself needs. */
  public get logFolderPattern(): string {
    return this.knownName === undefined ? this.logFolder : `${this.kind.folder}/${this.knownName}-${ID_SUFFIX}`;
  }

  /** What speaks against delivering `logs` of it in the stack of `scope`. */
  public findings(scope: IConstruct, logs: readonly DeliveredLog[]): string[] {
    const { words, offers } = this.kind;
    return [
      ...this.arnFindings(),
      ...this.placeFindings(scope),
      ...(isOwnedByAws(this.arn)
        ? [
            `"${this.arn}" is a ${words} that AWS keeps for every account, and AgentCore delivers logs of those in the account only; define one of your own`,
          ]
        : []),
      ...(this.kind === GATEWAY && this.knownName === undefined && Token.isUnresolved(this.id)
        ? [
            'neither the id nor the name of the gateway is known at synthesis, and names of deliveries are made from them; give LogSource.gateway() a gatewayName that is a literal',
          ]
        : []),
      ...logs
        .filter((log) => !offers.includes(log))
        .map(
          (log) =>
            `AgentCore delivers no ${log} of a ${words}, only ${offers.join(' and ')}; leave that out, or deliver it of another resource`,
        ),
    ];
  }

  private arnFindings(): string[] {
    const { words, resource } = this.kind;
    if (Token.isUnresolved(this.arn) || isOwnedByAws(this.arn)) return [];
    const id = new RegExp(`^arn:aws[a-z-]*:bedrock-agentcore:[a-z0-9-]+:\\d{12}:${resource}/([^/:]+)$`).exec(
      this.arn,
    )?.[1];
    if (id === undefined) {
      return [
        `"${this.arn}" is not the ARN of a ${words}; give the one that the console shows, without a version or endpoint`,
      ];
    }
    return Token.isUnresolved(this.id) || this.id === id
      ? []
      : [`"${this.id}" is not the id in the ARN of the ${words}, which is "${id}"; give that one`];
  }

  private placeFindings(scope: IConstruct): string[] {
    const { words } = this.kind;
    return differences(environmentOf(this.arn), knownEnvironment(Stack.of(scope))).map(
      ({ what, there, here }) =>
        `the ${words} is in the ${what} ${there} and this stack in ${here}, and logs are delivered where the ${words} is; define the delivery in a stack of the ${what} ${there}`,
    );
  }

  private get idSuffix(): string {
    if (!Token.isUnresolved(this.id)) return this.id.split('-').at(-1) ?? this.id;
    // Only names of gateways have hyphens, and theirs are counted.
    const hyphens = this.knownName?.match(/-/g)?.length ?? 0;
    return Fn.select(hyphens + 1, Fn.split('-', this.id));
  }
}

function isOwnedByAws(arn: string): boolean {
  return /^arn:[^:]+:bedrock-agentcore:[^:]*:aws:/.test(arn);
}
