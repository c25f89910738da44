import {
  Annotations,
  aws_bedrockagentcore as agentcore,
  aws_iam as iam,
  aws_logs as logs,
  Duration,
  Stack,
  Token,
  Validations,
} from 'aws-cdk-lib';
import type { aws_cloudwatch as cloudwatch, aws_ec2 as ec2 } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IAgent } from '../agent/agent';
import { AgentAuthorizer } from '../auth/agent-authorizer';
import { Actions } from '../iam/actions';
import { ExecutionPermissions } from '../iam/execution-permissions';
import { grantRuntimeAccess } from '../iam/runtime-access';
import { RuntimeBaseline, runtimeTrust } from '../iam/runtime-baseline';
import { metricOf, type MetricDefinition } from '../metrics/metric';
import { runtimeDimensions, RuntimeMetrics } from '../metrics/runtime-metrics';
import { ClaudeModels } from '../model/claude-models';
import { uniqueAgentCoreName } from '../private/naming';
import { AGENTCORE_REGIONS } from '../private/supported-regions';
import { nameFindings, throwFindings } from '../private/validation';
import { RuntimeLogGroup } from './runtime-log-group';
import { fileSystemFindings, type AgentFileSystem } from './agent-file-system';
import { AgentNetwork } from './agent-network';
import type { AgentRuntimeProps } from './agent-runtime-props';
import {
  environmentFindings,
  environmentNamesFindings,
  environmentSizeFindings,
} from '../private/environment-findings';
import { requestHeaderFindings } from '../private/request-headers';
import { lifecycleFindings } from '../private/session-lifecycle';

/** Options of a metric of an agent. */
export interface AgentMetricOptions extends cloudwatch.MetricOptions {
  /**
   * The endpoint that is measured.
   *
   * @default 'DEFAULT'
   */
  readonly endpoint?: string;
}

/**
 * A Claude agent on Amazon Bedrock AgentCore Runtime.
 *
 * Defines the runtime, its ARM64 image, and an execution role that may pull that image, write its own logs, get a token
 * for its own workload identity and call the chosen models, and nothing else. The role is trusted by AgentCore on behalf
 * of this account and this runtime only. Any L2 can grant more to the agent, because the agent is a grantee:
 * `table.grantReadData(agent)`.
 */
export class AgentRuntime extends Construct implements IAgent, ec2.IConnectable {
  /** The name of the runtime. */
  public readonly agentName: string;

  /** The L2 runtime: the way to what this construct does not offer. Do not grant to it: its grants have no effect. */
  public readonly runtime: agentcore.Runtime;

  /** The execution role. Grant to the agent rather than to the role. */
  public readonly role: iam.IRole;

  /** The log group of the default endpoint: the agent's log lines and metrics. Kept when the stack is deleted. */
  public readonly logGroup: logs.ILogGroup;

  public readonly grantPrincipal: iam.IPrincipal;

  /** Who may call the agent. */
  public readonly authorizer: AgentAuthorizer;

  /** Rendered by the L2 at synthesis, so that capabilities can still add to it. */
  private readonly environment: Record<string, string> = {};

  constructor(scope: Construct, id: string, props: AgentRuntimeProps) {
    super(scope, id);
    this.authorizer = props.authorizer ?? AgentAuthorizer.iam();
    const network = props.network ?? AgentNetwork.publicInternet();
    const fileSystems = props.fileSystems ?? [];
    const requestHeaders = [...this.authorizer.identityHeaders, ...(props.requestHeaders ?? [])];
    throwFindings(this, [
      ...(props.runtimeName === undefined ? [] : nameFindings('runtimeName', props.runtimeName)),
      ...requestHeaderFindings(requestHeaders, this.authorizer.callersHaveJwt),
      ...network.findings(),
      ...fileSystemFindings(fileSystems, network.inVpc),
      ...environmentNamesFindings(props.environment ?? {}),
      ...lifecycleFindings(props.idleTimeout?.toSeconds(), props.maxLifetime?.toSeconds()),
    ]);
    this.agentName = props.runtimeName ?? uniqueAgentCoreName(this);
    warnOfRegion(this);

    const { artifact, repository } = props.image.bind(this);

    const role = new iam.Role(this, 'ExecutionRole', {
      assumedBy: runtimeTrust(this, this.agentName),
      description: `What the agent ${this.agentName} may do`,
      ...(props.permissionsBoundary === undefined ? {} : { permissionsBoundary: props.permissionsBoundary }),
    });
    const permissions = new ExecutionPermissions(this, 'ExecutionPermissions', role);
    new RuntimeBaseline(permissions, 'Baseline', {
      role,
      runtimeName: this.agentName,
      repositoryArn: repository.repositoryArn,
      callersHaveJwt: this.authorizer.callersHaveJwt,
    });
    this.role = role;
    this.grantPrincipal = permissions;

    const platformVersion = props.platformVersion ?? agentcore.PlatformVersion.V1;
    this.runtime = new agentcore.Runtime(this, 'Runtime', {
      runtimeName: this.agentName,
      agentRuntimeArtifact: artifact,
      // Immutable, because the L2 would add statements for the logs and identities of every agent in the account.
      executionRole: role.withoutPolicyUpdates(),
      networkConfiguration: network.bind(
        this,
        fileSystems.some(({ shared }) => shared),
      ),
      authorizerConfiguration: this.authorizer.configuration,
      requestHeaderConfiguration: { allowlistedHeaders: requestHeaders },
      lifecycleConfiguration: {
        idleRuntimeSessionTimeout: props.idleTimeout ?? Duration.minutes(15),
        maxLifetime: props.maxLifetime ?? Duration.hours(8),
      },
      protocolConfiguration: props.protocol ?? agentcore.ProtocolType.HTTP,
      environmentVariables: this.environment,
      platformVersion,
      ...(props.description === undefined ? {} : { description: props.description }),
    });
    Validations.of(this.runtime).acknowledge({
      id: 'Annotation::aws-cdk-lib.aws-bedrockagentcore:containerUriValidationSkipped',
      reason: 'AgentImage has checked what the URI is made of',
    });
    this.mount(fileSystems);
    // AgentCore pulls the image while it makes the runtime; the L2 waits for the role and not for its policies.
    this.runtime.node.defaultChild?.node.addDependency(permissions);

    this.logGroup = new RuntimeLogGroup(this, 'LogGroup', {
      runtimeId: this.runtime.agentRuntimeId,
      runtimeName: this.agentName,
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      ...(props.logEncryptionKey === undefined ? {} : { encryptionKey: props.logEncryptionKey }),
    });

    for (const [name, value] of Object.entries(props.environment ?? {})) this.addEnvironment(name, value);
    const models = props.models ?? ClaudeModels.sonnetWithHaiku();
    for (const capability of [models, ...(props.capabilities ?? [])]) capability.bindToAgent(this);
    // Only at synthesis all variables are there.
    this.node.addValidation({ validate: () => environmentSizeFindings(this.environment, platformVersion.value) });
  }

  /** The ARN of the runtime. */
  public get runtimeArn(): string {
    return this.runtime.agentRuntimeArn;
  }

  /**
   * The network connections of an agent in a VPC.
   *
   * @throws Error when the agent is not in a VPC
   */
  public get connections(): ec2.Connections {
    return this.runtime.connections;
  }

  public addEnvironment(name: string, value: string): void {
    throwFindings(this, environmentFindings(this.environment, name, value));
    this.environment[name] = value;
  }

  /**
   * Allows `grantee` to call the agent over HTTP, signed with SigV4.
   *
   * The grants of this construct cover the runtime and its default endpoint, and have no effect where callers bring a JWT:
   * AgentCore then accepts no signature, and a warning says so.
   */
  public grantInvoke(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, Actions.INVOKE_RUNTIME);
  }

  /** Allows `grantee` to call the agent over WebSocket, signed with SigV4. */
  public grantInvokeWebSocket(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, Actions.INVOKE_RUNTIME_WEB_SOCKET);
  }

  /**
   * Allows `grantee` to name a user in its calls, besides `grantInvoke` or `grantInvokeWebSocket`. AgentCore believes any
   * name, so this is for backends that have verified their users.
   */
  public grantInvokeForUser(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, Actions.INVOKE_RUNTIME_FOR_USER);
  }

  /** Allows `grantee` to end sessions before their time. */
  public grantStopSession(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, Actions.STOP_RUNTIME_SESSION);
  }

  /**
   * Allows `grantee` to run shell commands in the microVM of any session, with the permissions of the agent. For
   * operators; not for callers.
   */
  public grantCommand(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, Actions.RUN_RUNTIME_COMMAND);
  }

  /** Requests to the agent. */
  public metricInvocations(options?: AgentMetricOptions): cloudwatch.Metric {
    return this.metric(RuntimeMetrics.INVOCATIONS, options);
  }

  /** Time from a request to the last token of its answer; the 95th percentile in milliseconds, unless said otherwise. */
  public metricLatency(options?: AgentMetricOptions): cloudwatch.Metric {
    return this.metric(RuntimeMetrics.LATENCY, options);
  }

  /** Requests refused because of a quota. */
  public metricThrottles(options?: AgentMetricOptions): cloudwatch.Metric {
    return this.metric(RuntimeMetrics.THROTTLES, options);
  }

  /** Requests that failed on AgentCore's side. */
  public metricSystemErrors(options?: AgentMetricOptions): cloudwatch.Metric {
    return this.metric(RuntimeMetrics.SYSTEM_ERRORS, options);
  }

  /** Requests that failed on the caller's or the agent's side. */
  public metricUserErrors(options?: AgentMetricOptions): cloudwatch.Metric {
    return this.metric(RuntimeMetrics.USER_ERRORS, options);
  }

  private metric(definition: MetricDefinition, options: AgentMetricOptions = {}): cloudwatch.Metric {
    const { endpoint = 'DEFAULT', ...rest } = options;
    return metricOf(definition, runtimeDimensions(this.runtimeArn, this.agentName, endpoint), rest);
  }

  /** The L2 has no property for file systems. */
  private mount(fileSystems: readonly AgentFileSystem[]): void {
    if (fileSystems.length === 0) return;
    const runtime = this.runtime.node.defaultChild as agentcore.CfnRuntime;
    runtime.filesystemConfigurations = fileSystems.map(({ configuration }) => configuration);
    for (const statement of fileSystems.flatMap(({ statements }) => statements)) {
      this.grantPrincipal.addToPrincipalPolicy(statement);
    }
    if (fileSystems.some(({ shared }) => !shared)) {
      Annotations.of(this).addWarningV2(
        'cdk-agentcore-constructs:sessionStorageIsEmptied',
        'session storage is emptied whenever the runtime gets a new version, which every change of image, environment or configuration makes; keep what must last elsewhere, and acknowledge this warning',
      );
    }
  }

  private grant(grantee: iam.IGrantable, actions: readonly string[]): iam.Grant {
    const { runtimeArn } = this;
    const { callersHaveJwt } = this.authorizer;
    return grantRuntimeAccess(this, grantee, actions, { runtimeArn, callersHaveJwt });
  }
}

function warnOfRegion(scope: Construct): void {
  const { region } = Stack.of(scope);
  if (Token.isUnresolved(region) || AGENTCORE_REGIONS.has(region)) return;
  Annotations.of(scope).addWarningV2(
    'cdk-agentcore-constructs:unknownRegion',
    `AgentCore was not offered in ${region} when this version was made; it was in ${[...AGENTCORE_REGIONS].join(', ')}: deploy to one of these, or acknowledge this warning if it is offered by now`,
  );
}
