import { authorizeToolCall, listableTools, type PolicedGateway, type ToolCaller } from '../../../lib/testing';
import type { Audit } from '../audit';
import type { Principal } from '../credentials';
import type { TemplateGateway } from '../resources/gateway';
import type { GatewayPolicyEngine } from '../resources/policy-engine';
import type { GatewayCaller } from './gateway-caller';
import type { GatewayTool } from './gateway-tool';

/** The Cedar policies of a gateway, decided for its tools. */
export class ToolPolicy {
  constructor(
    private readonly gateway: TemplateGateway,
    private readonly engine: GatewayPolicyEngine,
    /** The gateway itself, in its role. */
    private readonly role: Principal,
    private readonly audit: Audit,
  ) {}

  /**
   * Whether a call is let through: permitted, or the engine only writes down what it decides.
   *
   * @param tools all of the gateway, those that are known now
   * @throws RequestFault 403 when the gateway's role may not ask the engine
   */
  public permits(
    caller: GatewayCaller,
    { name }: GatewayTool,
    input: Readonly<Record<string, unknown>>,
    tools: readonly GatewayTool[],
  ): boolean {
    this.requireAccess('AuthorizeAction');
    const verdict = authorizeToolCall({ ...this.policed(tools), principal: toolCaller(caller), action: name, input });
    return verdict.allowed || !this.engine.isEnforced;
  }

  /**
   * The tools that a caller is shown, which are those that some call of theirs may be permitted.
   *
   * @throws RequestFault 403 when the gateway's role may not ask the engine
   */
  public open(caller: GatewayCaller, tools: readonly GatewayTool[]): readonly GatewayTool[] {
    this.requireAccess('PartiallyAuthorizeActions');
    if (!this.engine.isEnforced) return tools;
    const listable = new Set(listableTools({ ...this.policed(tools), principal: toolCaller(caller) }));
    return tools.filter(({ name }) => listable.has(name));
  }

  private policed(tools: readonly GatewayTool[]): PolicedGateway {
    return { gatewayArn: this.gateway.arn, policies: this.engine.policies, tools: tools.map(({ spec }) => spec) };
  }

  private requireAccess(name: 'AuthorizeAction' | 'PartiallyAuthorizeActions'): void {
    const action = `bedrock-agentcore:${name}`;
    this.audit.require(this.role, [
      { action: 'bedrock-agentcore:GetPolicyEngine', resource: this.engine.arn },
      { action, resource: this.engine.arn },
      { action, resource: this.gateway.arn },
    ]);
  }
}

/** Claims are text for policies; those that are not are written as JSON. */
function toolCaller(caller: GatewayCaller): ToolCaller {
  switch (caller.kind) {
    case 'iam':
      return { iam: caller.principal.arn };
    case 'jwt': {
      const claims = Object.entries(caller.claims).map(([name, value]) => [name, text(value)] as const);
      return { user: String(caller.claims.sub), claims: Object.fromEntries(claims) };
    }
    case 'anybody':
      return { user: 'anonymous' };
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
