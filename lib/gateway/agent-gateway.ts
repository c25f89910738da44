import { aws_bedrockagentcore as agentcore, aws_wafv2 as wafv2, Names, Tags } from 'aws-cdk-lib';
import type { aws_iam as iam, aws_lambda as lambda, aws_logs as logs } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { AgentAuthorizer, type OidcAuthorizerOptions } from '../auth/agent-authorizer';
import { Actions } from '../iam/actions';
import {
  gatewayIdentityStatement,
  gatewayKeyStatement,
  outboundStatements,
  policyEngineStatements,
} from '../iam/gateway-access';
import type { BaselineStatement } from '../iam/runtime-baseline';
import { LogDelivery } from '../logs/log-delivery';
import { LogSource } from '../logs/log-source';
import { requireProperties } from '../private/required-properties';
import { throwFindings } from '../private/validation';
import { AgentGatewayBase } from './agent-gateway-base';
import { gatewayFindings, warnOfGateway } from './agent-gateway-findings';
import { WebAclFailureMode, type AgentGatewayProps } from './agent-gateway-props';
import { GatewayPolicies } from './gateway-policies';
import { GatewayRole } from './gateway-role';
import type { BoundGatewayTarget, IGatewayTarget } from './gateway-target';
import type { GatewayToolSpec } from './gateway-tool-spec';
import { ImportedAgentGateway, type AgentGatewayAttributes } from './imported-agent-gateway';
import type { OutboundCredential } from './outbound-credential';
import { openTarget, toolSpecs } from './target-tools';
import { ToolFunctions } from './tool-functions';

/** The longest name from a path; AgentCore appends eleven characters in ids. */
const MAX_NAME = 36;

/** The oldest is what clients that name none speak; giving a list replaces the default, which is this one alone. */
const MCP_VERSIONS = [
  agentcore.MCPProtocolVersion.MCP_2025_03_26,
  agentcore.MCPProtocolVersion.MCP_2025_06_18,
  agentcore.MCPProtocolVersion.MCP_2025_11_25,
  agentcore.MCPProtocolVersion.MCP_2026_07_28,
];

/** A target in the stack. */
interface DefinedTarget extends BoundGatewayTarget {
  readonly target: IGatewayTarget;
  /** Where its constructs are. */
  readonly scope: Construct;
}

/**
 * Tools for agents behind one MCP server: functions, APIs and other MCP servers, with the same sign-in and policies.
 *
 * Defines an Amazon Bedrock AgentCore Gateway with semantic search, and a role that may call exactly what is behind it.
 * Agents get it as one of their `capabilities`.
 */
export class AgentGateway extends AgentGatewayBase implements iam.IGrantable {
  /**
   * A gateway that another app deployed.
   *
   * @throws Error with every finding about the attributes
   */
  public static fromGatewayAttributes(
    scope: Construct,
    id: string,
    attributes: AgentGatewayAttributes,
  ): AgentGatewayBase {
    return new ImportedAgentGateway(scope, id, attributes);
  }

  /** The name of the gateway. */
  public readonly gatewayName: string;

  /** The L2: the way to what this construct does not offer. Do not grant to it: its grants have no effect. */
  public readonly gateway: agentcore.Gateway;

  /** The role of the gateway. Grant to the gateway rather than to the role. */
  public readonly role: iam.IRole;

  public readonly grantPrincipal: iam.IPrincipal;

  /** The tools that are known at synthesis, those of functions. */
  public readonly tools: readonly GatewayToolSpec[];

  /** The policies; undefined where there are none. */
  public readonly policies?: GatewayPolicies;

  /** The log of every call; undefined unless `applicationLogs` is on. Kept when the stack is deleted. */
  public readonly logGroup?: logs.ILogGroup;

  public readonly serverName: string;
  public readonly callersHaveJwt: boolean;
  protected readonly accepted: OidcAuthorizerOptions | undefined;

  private readonly functions = new ToolFunctions();

  /** @throws Error with every finding about the properties, then with every finding about the policies */
  constructor(scope: Construct, id: string, props: AgentGatewayProps) {
    super(scope, id);
    requireProperties(this, props, { tools: 'the tools' });
    const authorizer = props.authorizer ?? AgentAuthorizer.iam();
    this.callersHaveJwt = authorizer.callersHaveJwt;
    this.accepted = authorizer.accepted;
    this.serverName = props.serverName ?? 'gw';
    this.tools = props.tools.flatMap(toolSpecs);
    const openTargets = props.tools.filter(({ tools }) => tools === undefined).map(openTarget);
    const limitScope = { callersHaveJwt: this.callersHaveJwt, tools: this.tools, openTargets };
    throwFindings(this, gatewayFindings(this, props, this.serverName, limitScope));
    warnOfGateway(this, props, this.serverName);

    this.gatewayName = props.gatewayName ?? uniqueGatewayName(this);
    if (props.policies !== undefined) {
      this.policies = new GatewayPolicies(this, 'Policies', {
        policies: props.policies,
        callers: this.callersHaveJwt ? 'user' : 'iam',
        tools: this.tools,
        openTargets,
      });
    }
    const { gatewayName, permissionsBoundary } = { ...props, gatewayName: this.gatewayName };
    const role = new GatewayRole(this, 'GatewayRole', {
      gatewayName,
      ...(permissionsBoundary === undefined ? {} : { permissionsBoundary }),
    });
    this.role = role.role;
    this.grantPrincipal = role.permissions;
    const targets = this.bindTargets(props);
    role.allow([
      ...targets.flatMap(({ statements }) => statements),
      ...this.credentialStatements(props.tools.map(({ credential }) => credential)),
      ...(props.encryptionKey === undefined ? [] : [gatewayKeyStatement(props.encryptionKey)]),
      ...(this.policies === undefined
        ? []
        : policyEngineStatements(this, gatewayName, this.policies.policyEngine.policyEngineArn)),
    ]);

    this.gateway = this.defineGateway(props, authorizer, role);
    const made = targets.map((target) => this.defineTarget(target, role));
    this.policies?.attachTo(this.gateway, made);
    const { applicationLogs = false, tracing = false, logRetention, logEncryptionKey } = props;
    if (applicationLogs || tracing) {
      const { applicationLogGroup } = new LogDelivery(this, 'Delivery', {
        source: LogSource.gateway(this),
        applicationLogs,
        traces: tracing,
        ...(logRetention === undefined ? {} : { logRetention }),
        ...(logEncryptionKey === undefined ? {} : { logEncryptionKey }),
      });
      if (applicationLogGroup !== undefined) this.logGroup = applicationLogGroup;
    }
    const limits = new Construct(this, 'RateLimits');
    for (const limit of props.rateLimits ?? []) {
      new agentcore.CfnGatewayRateLimit(limits, limit.id, {
        gatewayIdentifier: this.gatewayId,
        ...limit.render(limitScope),
      });
    }
    for (const [key, value] of Object.entries(props.tags ?? {})) Tags.of(this).add(key, value);
  }

  public get gatewayArn(): string {
    return this.gateway.gatewayArn;
  }

  public get gatewayId(): string {
    return this.gateway.gatewayId;
  }

  public get gatewayUrl(): string {
    return cfnGateway(this.gateway).attrGatewayUrl;
  }

  /**
   * The function behind a tool, to grant it what it needs: `table.grantReadData(gateway.toolFunction('find_order'))`.
   *
   * @param name of the tool; `<target>___<tool>` where several targets have one of that name
   * @throws Error when no function is behind a tool of that name, or more than one
   */
  public toolFunction(name: string): lambda.IFunction {
    return this.functions.get(this, name);
  }

  private bindTargets({ tools, permissionsBoundary }: AgentGatewayProps): DefinedTarget[] {
    const parent = new Construct(this, 'Targets');
    const options = permissionsBoundary === undefined ? {} : { permissionsBoundary };
    return tools.map((target) => {
      const scope = new Construct(parent, target.name);
      const bound = target.bind(scope, options);
      if (bound.function !== undefined) {
        for (const { name } of target.tools ?? []) this.functions.add({ target: target.name, name }, bound.function);
      }
      return { ...bound, target, scope };
    });
  }

  private credentialStatements(credentials: readonly OutboundCredential[]): BaselineStatement[] {
    const providers = credentials.flatMap(({ kind, needs }) =>
      needs === undefined
        ? []
        : [{ ...needs, actions: kind === 'OAUTH' ? Actions.GET_OAUTH_TOKEN : Actions.GET_API_KEY }],
    );
    return [
      ...credentials.flatMap(({ statements }) => statements.map((statement) => ({ statement }))),
      ...(providers.length === 0 ? [] : [gatewayIdentityStatement(this, this.gatewayName)]),
      ...providers.flatMap((provider) => outboundStatements(this, this.gatewayName, provider)),
    ];
  }

  private defineGateway(props: AgentGatewayProps, authorizer: AgentAuthorizer, role: GatewayRole): agentcore.Gateway {
    const { description, instructions, encryptionKey, webAcl } = props;
    const gateway = new agentcore.Gateway(this, 'Gateway', {
      gatewayName: this.gatewayName,
      // The L2 would add statements of its own, wider ones.
      role: role.role.withoutPolicyUpdates(),
      authorizerConfiguration: inboundAuthorizer(authorizer),
      protocolConfiguration: agentcore.GatewayProtocol.mcp({
        searchType: agentcore.McpGatewaySearchType.SEMANTIC,
        supportedVersions: MCP_VERSIONS,
        ...(instructions === undefined ? {} : { instructions }),
      }),
      ...(description === undefined ? {} : { description }),
      ...(props.debug === true ? { exceptionLevel: agentcore.GatewayExceptionLevel.DEBUG } : {}),
      ...(this.policies === undefined ? {} : { policyEngineConfiguration: this.policies.engineConfiguration }),
    });
    const resource = cfnGateway(gateway);
    // Not through the L2, which would grant more with the key than AgentCore uses.
    if (encryptionKey !== undefined) resource.kmsKeyArn = encryptionKey.keyArn;
    resource.node.addDependency(role.permissions);
    if (webAcl !== undefined) {
      const { value } = props.webAclFailureMode ?? WebAclFailureMode.CLOSE;
      resource.wafConfiguration = { failureMode: value };
      new wafv2.CfnWebACLAssociation(this, 'WebAcl', {
        resourceArn: gateway.gatewayArn,
        webAclArn: webAcl.webAclRef.webAclArn,
      });
    }
    return gateway;
  }

  private defineTarget(
    { target, scope, configuration, dependencies = [] }: DefinedTarget,
    role: GatewayRole,
  ): agentcore.CfnGatewayTarget {
    const credential = target.credential.render();
    const resource = new agentcore.CfnGatewayTarget(scope, 'Target', {
      gatewayIdentifier: this.gatewayId,
      name: target.name,
      targetConfiguration: configuration,
      ...(credential === undefined ? {} : { credentialProviderConfigurations: [credential] }),
    });
    // AgentCore tries what it may do when it makes the target.
    resource.node.addDependency(role.permissions, ...dependencies);
    return resource;
  }
}

/** The two authorizers have the same form for gateways as for runtimes. */
function inboundAuthorizer({ callersHaveJwt, configuration }: AgentAuthorizer): agentcore.IGatewayAuthorizerConfig {
  if (!callersHaveJwt) return agentcore.GatewayAuthorizer.usingAwsIam();
  return {
    authorizerType: agentcore.GatewayAuthorizerType.CUSTOM_JWT,
    _render: () => configuration._render(),
  };
}

function cfnGateway(gateway: agentcore.Gateway): agentcore.CfnGateway {
  return gateway.node.defaultChild as agentcore.CfnGateway;
}

/** In small letters, because permissions are scoped by the name in ARNs, where AgentCore writes it so. */
function uniqueGatewayName(scope: Construct): string {
  return Names.uniqueResourceName(scope, { maxLength: MAX_NAME, separator: '-' }).toLowerCase();
}
