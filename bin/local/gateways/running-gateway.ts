import { randomUUID } from 'node:crypto';
import type { Audit } from '../audit';
import type { Principal } from '../credentials';
import type { LocalFunctions } from '../functions/local-functions';
import { RequestFault } from '../http-messages';
import { JwtAuthorizer } from '../jwt-authorizer';
import type { TemplateGateway } from '../resources/gateway';
import { assumedRolePrefix } from '../running-runtime';
import type { GatewayCaller } from './gateway-caller';
import { toolsOf, type GatewayTool } from './gateway-tool';
import { ToolPolicy } from './tool-policy';
import { failed, functionResult, type ToolResult } from './tool-result';
import { SEARCH_TOOL, searchTools, type ListedTool } from './tool-search';

/** What every caller is told where the gateway is not debugged. */
const TERSE_ERROR = 'An internal error occurred. Please retry later.';

/** A gateway whose tools can be listed, searched and called. */
export class RunningGateway {
  public readonly authorizer: JwtAuthorizer | undefined;
  private readonly tools: readonly GatewayTool[];
  private readonly principal: Principal;
  private readonly policy: ToolPolicy | undefined;

  constructor(
    public readonly description: TemplateGateway,
    private readonly functions: LocalFunctions,
    private readonly audit: Audit,
    private readonly log: (line: string) => void,
  ) {
    const { inbound, targets, partition, account, role, name } = description;
    this.authorizer = inbound.kind === 'jwt' ? new JwtAuthorizer(inbound.settings) : undefined;
    this.tools = targets.flatMap((target) => {
      const found = functions.find(target.functionArn ?? '');
      return found === undefined ? [] : toolsOf(target, found);
    });
    this.principal = {
      arn: `${assumedRolePrefix(partition, account, role.roleName)}${name}`,
      partition,
      account,
      policies: role,
      role: { arn: role.roleArn },
    };
    const { policyEngine } = description;
    this.policy =
      policyEngine === undefined
        ? undefined
        : new ToolPolicy(description, policyEngine, this.tools, this.principal, audit);
  }

  /** Sentences on the targets that are not run here. */
  public get shortcomings(): string[] {
    const { targets, name } = this.description;
    return targets.flatMap(({ name: target, missing, functionArn }) => {
      const reason =
        missing ??
        (this.functions.find(functionArn ?? '') === undefined ? 'its function is not run locally' : undefined);
      return reason === undefined ? [] : [`the target ${target} of gateway ${name} has no tools here: ${reason}`];
    });
  }

  public get toolNames(): string[] {
    return this.tools.map(({ name }) => name);
  }

  /** The tools that the caller could call with some input, and the search where the gateway has one. */
  public list(caller: GatewayCaller): ListedTool[] {
    try {
      const own = this.open(caller);
      return this.description.hasSearch ? [SEARCH_TOOL, ...own] : own;
    } catch (error) {
      if (!(error instanceof RequestFault)) throw error;
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
    const tool = this.tools.find((one) => one.name === name);
    if (tool === undefined) throw new UnknownTool(name);
    const mistake = tool.mistakeIn(input);
    if (mistake !== undefined) return failed(`Invalid input for ${name}: ${mistake}.`);
    try {
      if (this.policy?.permits(caller, tool, input) === false) {
        return failed(`Tool Execution Denied: no policy of the gateway permits ${name} with this input.`);
      }
      return await this.run(tool, input, messageId);
    } catch (error) {
      // What the role of the gateway may not do is the gateway's fault, not the caller's.
      if (!(error instanceof RequestFault)) throw error;
      return failed(this.shown(error.message));
    }
  }

  private search(caller: GatewayCaller, { query }: Readonly<Record<string, unknown>>): ToolResult {
    if (typeof query !== 'string' || query === '') {
      return failed(`Invalid input for ${SEARCH_TOOL.name}: "query" must be a text that is not empty.`);
    }
    const tools = searchTools(this.open(caller), query);
    return {
      content: [{ type: 'text', text: JSON.stringify({ tools }) }],
      structuredContent: { tools },
      isError: false,
    };
  }

  private open(caller: GatewayCaller): ListedTool[] {
    return (this.policy?.open(caller, this.tools) ?? this.tools).map(listed);
  }

  private async run(tool: GatewayTool, input: unknown, messageId: unknown): Promise<ToolResult> {
    const request = { action: 'lambda:InvokeFunction', resource: tool.function.arn };
    this.audit.require(this.principal, [request], tool.function.policy);
    const requestId = randomUUID();
    const { payload, hasFailed } = await this.functions.invoke(tool.function, {
      event: JSON.stringify(input),
      requestId,
      clientContext: {
        custom: {
          bedrockAgentCoreToolName: tool.name,
          bedrockAgentCoreGatewayId: this.description.id,
          bedrockAgentCoreTargetId: tool.targetId,
          bedrockAgentCoreAwsRequestId: requestId,
          bedrockAgentCoreMcpMessageId: messageId,
        },
      },
    });
    if (!hasFailed) return functionResult(payload);
    return failed(this.shown(`Lambda function ${tool.function.name} failed: ${payload}`));
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

function listed({ name, spec: { description, inputSchema } }: GatewayTool): ListedTool {
  return { name, description, inputSchema: { ...inputSchema, type: 'object' } };
}
