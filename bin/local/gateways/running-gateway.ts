import { qualifiedToolName } from '../../../lib/gateway/gateway-tool-spec';
import type { Principal } from '../credentials';
import { JwtAuthorizer } from '../jwt-authorizer';
import type { TemplateGateway } from '../resources/gateway';
import { assumedRolePrefix } from '../running-runtime';
import type { GatewayCaller } from './gateway-caller';
import { runTarget, type GatewayServices } from './gateway-targets';
import type { GatewayTool } from './gateway-tool';
import type { RunningTarget } from './running-target';
import { isTold } from './target-fault';
import { ToolPolicy } from './tool-policy';
import { failed, type ToolResult } from './tool-result';
import { SEARCH_TOOL, searchTools, type ListedTool } from './tool-search';

/** What every caller is told where the gateway is not debugged. */
const TERSE_ERROR = 'An internal error occurred. Please retry later.';

/** A gateway whose tools can be listed, searched and called. */
export class RunningGateway {
  public readonly authorizer: JwtAuthorizer | undefined;
  private readonly targets: readonly RunningTarget[];
  private readonly policy: ToolPolicy | undefined;
  private readonly log: (line: string) => void;

  constructor(
    public readonly description: TemplateGateway,
    services: GatewayServices,
  ) {
    const { inbound, targets, partition, account, role, name, policyEngine } = description;
    this.authorizer = inbound.kind === 'jwt' ? new JwtAuthorizer(inbound.settings) : undefined;
    this.log = services.log;
    const principal: Principal = {
      arn: `${assumedRolePrefix(partition, account, role.roleName)}${name}`,
      partition,
      account,
      policies: role,
      role: { arn: role.roleArn },
    };
    this.targets = targets.map((target) => runTarget(target, description, principal, services));
    this.policy =
      policyEngine === undefined ? undefined : new ToolPolicy(description, policyEngine, principal, services.audit);
  }

  /** Sentences on what of the targets is not run here. */
  public get shortcomings(): string[] {
    return this.targets.flatMap(({ name, tools, shortcomings }) =>
      shortcomings.map((clause) => {
        const none = tools.length === 0 ? ' has no tools here' : '';
        return `the target ${name} of gateway ${this.description.name}${none}: ${clause}`;
      }),
    );
  }

  public get toolNames(): string[] {
    return this.tools.map(({ name }) => name);
  }

  /** Has every target learn its tools where it does not know them yet. It never fails. */
  public async refresh(): Promise<void> {
    await Promise.all(this.targets.map((target) => this.refreshTarget(target)));
  }

  /** The tools that the caller could call with some input, and the search where the gateway has one. */
  public async list(caller: GatewayCaller): Promise<ListedTool[]> {
    await this.refresh();
    try {
      const own = this.open(caller);
      return this.description.hasSearch ? [SEARCH_TOOL, ...own] : own;
    } catch (error) {
      if (!isTold(error)) throw error;
      throw new Error(this.shown(error.message), { cause: error });
    }
  }

  /**
   * Calls a tool. What goes wrong with it is in the result, so that a model can read it.
   *
   * @param input what the tool is called with, as it came
   * @throws UnknownTool when there is none of this name
   */
  public async call(
    caller: GatewayCaller,
    name: string,
    input: Readonly<Record<string, unknown>>,
    messageId: unknown,
  ): Promise<ToolResult> {
    if (name === SEARCH_TOOL.name && this.description.hasSearch) return this.search(caller, input);
    const tool = await this.find(name);
    if (tool === undefined) throw new UnknownTool(name);
    const mistake = tool.mistakeIn(input);
    if (mistake !== undefined) return failed(`Invalid input for ${name}: ${mistake}.`);
    try {
      if (this.policy?.permits(caller, tool, input, this.tools) === false) {
        const why = `no policy of the gateway permits ${name} with this input`;
        return failed(`Tool Execution Denied: Tool call not allowed due to policy enforcement [${why}]`);
      }
      return await tool.run(input, messageId);
    } catch (error) {
      // What the role of the gateway may not do, and a target that cannot be reached, are no faults of the caller.
      if (!isTold(error)) throw error;
      return failed(this.shown(error.message));
    }
  }

  private get tools(): readonly GatewayTool[] {
    return this.targets.flatMap(({ tools }) => tools);
  }

  private async search(caller: GatewayCaller, { query }: Readonly<Record<string, unknown>>): Promise<ToolResult> {
    if (typeof query !== 'string' || query === '') {
      return failed(`Invalid input for ${SEARCH_TOOL.name}: "query" must be a text that is not empty.`);
    }
    await this.refresh();
    const tools = searchTools(this.open(caller), query);
    return {
      content: [{ type: 'text', text: JSON.stringify({ tools }) }],
      structuredContent: { tools },
      isError: false,
    };
  }

  /** The tool with this name; its target may have to learn its tools first. */
  private async find(name: string): Promise<GatewayTool | undefined> {
    const owner = this.targets.find((target) => name.startsWith(qualifiedToolName({ target: target.name, name: '' })));
    if (owner === undefined) return undefined;
    await this.refreshTarget(owner);
    return owner.tools.find((tool) => tool.name === name);
  }

  private async refreshTarget(target: RunningTarget): Promise<void> {
    const hadFailed = target.tools.length === 0 && target.shortcomings.length > 0;
    await target.refresh();
    if (hadFailed && target.tools.length > 0) {
      this.log(
        `the target ${target.name} of gateway ${this.description.name} has ${String(target.tools.length)} tools`,
      );
    }
  }

  private open(caller: GatewayCaller): ListedTool[] {
    const { tools } = this;
    return (this.policy?.open(caller, tools) ?? tools).map(listed);
  }

  /** What callers are told of a fault that is not theirs; the output of the run has all of it. */
  private shown(detail: string): string {
    const { name, isDebugged } = this.description;
    this.log(`gateway ${name}: ${detail}`);
    return isDebugged ? detail : TERSE_ERROR;
  }
}

/** A call of a tool that the gateway does not have. */
export class UnknownTool extends Error {
  constructor(name: string) {
    super(`Unknown tool: ${name}`);
  }
}

function listed({ name, spec: { description }, inputSchema }: GatewayTool): ListedTool {
  return { name, description, inputSchema };
}
