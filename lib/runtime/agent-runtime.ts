import {
  aws_bedrockagentcore as agentcore,
  aws_logs as logs,
  Duration,
  Tags,
  Validations,
  type aws_ec2 as ec2,
  type aws_iam as iam,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { IAgent, IAgentCapability } from '../agent/agent';
import { AgentEnvironment } from '../agent/agent-environment';
import { AgentSecrets } from '../agent/agent-secrets';
import { definitionFindings } from '../agent/definition-findings';
import { AgentAuthorizer } from '../auth/agent-authorizer';
import type { ExecutionPermissions } from '../iam/execution-permissions';
import { runtimeBaseline, runtimeTrustPolicy } from '../iam/runtime-baseline';
import { DEFAULT_AGENT_NAMESPACE } from '../metrics/agent-metrics';
import type { IAgentModels } from '../model/agent-models';
import type { LogDelivery } from '../logs/log-delivery';
import { ClaudeModels } from '../model/claude-models';
import { guardrailFindings } from '../model/model-guardrail';
import { environmentFindings, renderedEnvironmentFindings } from '../private/environment-findings';
import { uniqueAgentCoreName } from '../private/naming';
import { requestHeaderFindings } from '../private/request-headers';
import { requireProperties } from '../private/required-properties';
import { findingsOf, throwFindings } from '../private/validation';
import { AgentNetwork } from './agent-network';
import { AgentRuntimeBase, type IAgentRuntime } from './agent-runtime-base';
import type { AgentRuntimeProps } from './agent-runtime-props';
import { settingsEnvironment } from './agent-settings';
import { propertyOf } from './environment-names';
import { executionRole } from './execution-role';
import { ImportedAgentRuntime, type AgentRuntimeAttributes, type RuntimeDescription } from './imported-agent-runtime';
import { runtimeDelivery } from './runtime-delivery';
import { runtimeFindings, takenNameFindings, warnOfRuntime } from './runtime-findings';
import { RuntimeLogGroup } from './runtime-log-group';

/**
 * A Claude agent on Amazon Bedrock AgentCore Runtime.
 *
 * Defines the runtime, its ARM64 image, and an execution role that may pull that image, write its own logs, get a token
 * for its own workload identity and call the chosen models, and nothing else. The role is trusted by AgentCore on behalf
 * of this account and this runtime only. Any L2 can grant more to the agent, because the agent is a grantee:
 * `table.grantReadData(agent)`.
 */
export class AgentRuntime extends AgentRuntimeBase implements IAgent, ec2.IConnectable {
  /**
   * A runtime that another app deployed: to grant calls of it, to measure it, to give it endpoints.
   *
   * @throws Error when the ARN is not that of a runtime, or the name is unknown or not that of the ARN
   */
  public static fromAgentRuntimeAttributes(
    scope: Construct,
    id: string,
    attributes: AgentRuntimeAttributes,
  ): IAgentRuntime {
    return new ImportedAgentRuntime(scope, id, attributes);
  }

  /**
   * A runtime that another construct makes: an L1, or an L2 of the stable or the alpha module.
   *
   * @throws Error when the name is not one
   */
  public static fromRuntime(
    scope: Construct,
    id: string,
    { runtimeRef }: agentcore.IRuntimeRef,
    description: RuntimeDescription,
  ): IAgentRuntime {
    const { agentRuntimeArn, agentRuntimeId } = runtimeRef;
    return new ImportedAgentRuntime(scope, id, { ...description, agentRuntimeArn }, agentRuntimeId);
  }

  /** The name of the runtime. */
  public readonly agentName: string;

  /** The L2 runtime: the way to what this construct does not offer. Do not grant to it: its grants have no effect. */
  public readonly runtime: agentcore.Runtime;

  /** The execution role. Grant to the agent rather than to the role. */
  public readonly role: iam.IRole;

  /** The log group of the default endpoint: the agent's log lines and metrics. Kept when the stack is deleted. */
  public readonly logGroup: logs.ILogGroup;

  /** What AgentCore delivers of the runtime: application logs, usage logs, spans; undefined where none is switched on. */
  public readonly logDelivery?: LogDelivery;

  public readonly grantPrincipal: iam.IPrincipal;

  /** What the roles of the agent may do at the most. */
  public readonly permissionsBoundary?: iam.IManagedPolicy;

  /** Who may call the agent. */
  public readonly authorizer: AgentAuthorizer;

  /** The models of the agent. */
  public readonly models: IAgentModels;

  /** The CloudWatch namespace of the metrics that the agent writes itself. */
  public readonly metricsNamespace: string;

  /** Whether the agent is known to write those metrics: one of `AgentImage.claudeAgent()` is. */
  public readonly writesMetrics: boolean;

  /** What the agent was given, its models included. */
  public readonly capabilities: readonly IAgentCapability[];

  private readonly permissions: ExecutionPermissions;

  /** The headers that are passed on. Rendered by the L2 at synthesis, as the environment is. */
  private readonly requestHeaders: string[];

  /** Rendered by the L2 at synthesis, so that capabilities can still add to it. */
  private readonly environment: Record<string, string> = {};

  /** @throws Error with every finding about the properties, the models and the capabilities */
  constructor(scope: Construct, id: string, props: AgentRuntimeProps) {
    super(scope, id);
    requireProperties(this, props, { image: 'AgentImage.claudeAgent(), for instance' });
    this.authorizer = props.authorizer ?? AgentAuthorizer.iam();
    const { callersHaveJwt } = this.authorizer;
    const network = props.network ?? AgentNetwork.publicInternet();
    const fileSystems = props.fileSystems ?? [];
    this.requestHeaders = [...this.authorizer.identityHeaders, ...(props.requestHeaders ?? [])];
    const { requestHeaders } = this;
    const findings = runtimeFindings(this, props, { requestHeaders, callersHaveJwt, inVpc: network.inVpc });
    warnOfRuntime(this, props);

    this.agentName = props.runtimeName ?? uniqueAgentCoreName(this);
    const { role, unchangedRole, permissions } = executionRole(this, { ...props, agentName: this.agentName });
    this.role = role;
    this.permissions = permissions;
    this.grantPrincipal = permissions;
    if (props.permissionsBoundary !== undefined) this.permissionsBoundary = props.permissionsBoundary;

    const variables = {
      [AgentEnvironment.NAME]: this.agentName,
      [AgentEnvironment.AUTHORIZER]: callersHaveJwt ? 'jwt' : 'iam',
      ...settingsEnvironment(this, props),
    };
    const ownVariables = Object.entries(props.environment ?? {}).filter(([name]) => propertyOf(name) === undefined);
    const models = props.models ?? ClaudeModels.sonnetWithHaiku();
    const capabilities: IAgentCapability[] = [
      models,
      ...(props.guardrail === undefined ? [] : [props.guardrail]),
      new AgentSecrets(props.secrets ?? {}, props.image.definition?.secretReferences ?? []),
      ...(props.capabilities ?? []),
    ];
    this.capabilities = capabilities;
    this.models = models;
    this.metricsNamespace = props.metricsNamespace ?? DEFAULT_AGENT_NAMESPACE;
    this.writesMetrics = props.image.writesMetrics ?? false;
    throwFindings(this, [
      ...findings,
      ...takenNameFindings(this, this.agentName),
      ...guardrailFindings(capabilities, models),
      ...(props.image.definition === undefined ? [] : definitionFindings(props.image.definition, capabilities)),
      ...[...ownVariables, ...Object.entries(variables)].flatMap(([name, value]) =>
        findingsOf(this, () => this.addEnvironment(name, value)),
      ),
      ...capabilities.flatMap((capability) => findingsOf(this, () => capability.bindToAgent(this))),
    ]);

    const { artifact, repository } = props.image.bind(this);
    const runtimeName = this.agentName;
    permissions.addBaseline(
      runtimeBaseline(permissions, {
        runtimeName,
        repositoryArn: repository.repositoryArn,
        callersHaveJwt,
        tracing: props.tracing ?? false,
      }),
    );
    for (const statement of fileSystems.flatMap(({ statements }) => statements)) {
      permissions.addToPrincipalPolicy(statement);
    }

    const platformVersion = props.platformVersion ?? agentcore.PlatformVersion.V1;
    this.runtime = new agentcore.Runtime(this, 'Runtime', {
      runtimeName,
      agentRuntimeArtifact: artifact,
      // The L2 would add statements for the logs and identities of every agent in the account.
      executionRole: unchangedRole,
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
    const runtime = this.runtime.node.defaultChild as agentcore.CfnRuntime;
    // The L2 has no property for file systems.
    if (fileSystems.length > 0)
      runtime.filesystemConfigurations = fileSystems.map(({ configuration }) => configuration);
    // AgentCore pulls the image while it makes the runtime; the L2 waits for the role and not for its policies.
    runtime.node.addDependency(permissions);
    Validations.of(this.runtime).acknowledge({
      id: 'Annotation::aws-cdk-lib.aws-bedrockagentcore:containerUriValidationSkipped',
      reason: 'AgentImage has checked what the URI is made of',
    });

    this.logGroup = new RuntimeLogGroup(this, 'LogGroup', {
      runtimeId: this.runtime.agentRuntimeId,
      runtimeName,
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      ...(props.logEncryptionKey === undefined ? {} : { encryptionKey: props.logEncryptionKey }),
    });
    const logDelivery = runtimeDelivery(this, props);
    if (logDelivery !== undefined) this.logDelivery = logDelivery;
    for (const [key, value] of Object.entries(props.tags ?? {})) Tags.of(this).add(key, value);
    // Only at synthesis all variables are there.
    this.node.addValidation({
      validate: () => renderedEnvironmentFindings(this, this.environment, platformVersion.value),
    });
  }

  /** The ARN of the runtime. */
  public get runtimeArn(): string {
    return this.runtime.agentRuntimeArn;
  }

  /** The id of the runtime. */
  public get runtimeId(): string {
    return this.runtime.agentRuntimeId;
  }

  /** The version that the next deployment makes. */
  public get runtimeVersion(): string | undefined {
    return this.runtime.agentRuntimeVersion;
  }

  /** The discovery document of the provider whose tokens callers bring; undefined where they sign with IAM credentials. */
  public get discoveryUrl(): string | undefined {
    return this.authorizer.discoveryUrl;
  }

  /** Whether callers bring a JWT; otherwise they sign with IAM credentials. */
  public get callersHaveJwt(): boolean {
    return this.authorizer.callersHaveJwt;
  }

  /**
   * What the execution role has to allow: everything that was granted to the agent, up to when this is rendered. The role
   * that is made for the agent allows exactly this; a role that is brought needs it, for instance as
   * `new ManagedPolicy(this, 'Policy', { document: agent.requiredPermissions, roles: [role] })`.
   */
  public get requiredPermissions(): iam.PolicyDocument {
    return this.permissions.document();
  }

  /** Whom the execution role has to trust: AgentCore, for this account and this runtime only. */
  public get requiredTrust(): iam.PolicyDocument {
    return runtimeTrustPolicy(this, this.agentName);
  }

  /**
   * The network connections of an agent in a VPC.
   *
   * @throws Error when the agent is not in a VPC
   */
  public get connections(): ec2.Connections {
    return this.runtime.connections;
  }

  /**
   * Has the agent see a header of its requests, as the property `requestHeaders` does. For capabilities.
   *
   * @throws Error when AgentCore does not pass the header on, or passes on as many as it can
   */
  public addRequestHeader(name: string): void {
    if (this.requestHeaders.some((header) => header.toLowerCase() === name.toLowerCase())) return;
    throwFindings(this, requestHeaderFindings([...this.requestHeaders, name], this.callersHaveJwt));
    this.requestHeaders.push(name);
  }

  /**
   * Sets an environment variable of the agent. This is how capabilities set theirs, so the names of this library are not
   * refused here, and what they say is not checked; what you set yourself belongs into the property `environment`.
   *
   * @throws Error when the name is not a legal variable name, or is set already to another value
   */
  public addEnvironment(name: string, value: string): void {
    throwFindings(this, environmentFindings(this.environment, name, value));
    this.environment[name] = value;
  }
}
