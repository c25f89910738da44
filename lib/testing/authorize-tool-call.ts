import { CEDAR_PACKAGE, cedarEngine } from '../gateway/cedar-engine';
import { cedarSchema, NAMESPACE, PRINCIPAL_TYPES } from '../gateway/cedar-schema';
import { qualifiedToolName, type GatewayToolSpec } from '../gateway/gateway-tool-spec';
import { cedarInput } from './cedar-input';

/** Who calls a tool: a user with the claims of the token, or an IAM principal by its ARN. */
export type ToolCaller =
  | {
      /** The `sub` of the token. */
      readonly user: string;
      /**
       * Policies see a list as JSON.
       *
       * @default - none
       */
      readonly claims?: Readonly<Record<string, string | readonly string[]>>;
    }
  | { readonly iam: string };

/** A gateway as its policies see it. */
export interface PolicedGateway {
  readonly gatewayArn: string;
  /** Each a single Cedar statement as it is deployed, by its name. */
  readonly policies: Readonly<Record<string, string>>;
  /** The tools of the gateway. */
  readonly tools: readonly Omit<GatewayToolSpec, 'description'>[];
}

/** A call to be decided. */
export interface GatewayToolCall extends PolicedGateway {
  readonly principal: ToolCaller;
  /** `<target>___<tool>` */
  readonly action: string;
  /** What the tool is called with. */
  readonly input: Readonly<Record<string, unknown>>;
}

/** What was decided, and why. */
export interface ToolCallVerdict {
  readonly allowed: boolean;
  /** Names of the policies that decided; none where nothing permits the call. */
  readonly determining: readonly string[];
  /**
   * What could not be evaluated: a call of a tool that is not there or with an input of other types, which is not allowed;
   * or a policy, which then does not count, so that a call is allowed although a `forbid` is broken.
   */
  readonly errors: readonly string[];
}

/**
 * Decides a call of a gateway's tool by the gateway's Cedar policies, with the engine of `@cedar-policy/cedar-wasm`.
 *
 * Fields that the schema of the tool does not have are not seen by policies, and numbers lose what is beyond the fourth
 * digit after the point.
 *
 * @throws Error when the engine is not installed
 */
export function authorizeToolCall(call: GatewayToolCall): ToolCallVerdict {
  const { policies, tools, principal, action } = call;
  const tool = tools.find((candidate) => qualifiedToolName(candidate) === action);
  if (tool === undefined) return refused(`the gateway has no tool "${action}"`);
  const answer = engine().isAuthorized({
    ...request(call),
    context: { input: cedarInput(tool.inputSchema, call.input) },
    schema: cedarSchema(tools, callersOf(principal)),
    validateRequest: true,
    policies: { staticPolicies: { ...policies } },
    entities: [callerEntity(principal)],
  });
  if (answer.type === 'failure') return refused(...answer.errors.map(({ message }) => message));
  const { decision, diagnostics } = answer.response;
  return {
    allowed: decision === 'allow',
    determining: diagnostics.reason,
    errors: diagnostics.errors.map(({ policyId, error }) => `${policyId}: ${error.message}`),
  };
}

/**
 * The tools that a caller is shown: those of which some call may be allowed, as `<target>___<tool>`.
 *
 * @throws Error when the engine is not installed, or cannot read a policy
 */
export function listableTools(gateway: PolicedGateway & Pick<GatewayToolCall, 'principal'>): string[] {
  const { policies, principal } = gateway;
  return gateway.tools
    .filter(({ target, name }) => {
      const action = qualifiedToolName({ target, name });
      const answer = engine().isAuthorizedPartial({
        ...request({ ...gateway, action }),
        context: { input: { __extn: { fn: 'unknown', arg: 'input' } } },
        policies: { staticPolicies: { ...policies } },
        entities: [callerEntity(principal), ...actionEntities(target, action)],
      });
      if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '));
      return answer.response.decision !== 'deny';
    })
    .map(qualifiedToolName);
}

function engine(): NonNullable<ReturnType<typeof cedarEngine>> {
  const cedar = cedarEngine();
  if (cedar !== undefined) return cedar;
  throw new Error(
    `policies of a gateway are decided by the package "${CEDAR_PACKAGE}", which is not installed; run: npm install --save-dev ${CEDAR_PACKAGE}`,
  );
}

function request({ principal, action, gatewayArn }: Pick<GatewayToolCall, 'principal' | 'action' | 'gatewayArn'>) {
  return {
    principal: uid(PRINCIPAL_TYPES[callersOf(principal)], idOf(principal)),
    action: uid('Action', action),
    resource: uid('Gateway', gatewayArn),
  };
}

function callerEntity(principal: ToolCaller) {
  return {
    uid: uid(PRINCIPAL_TYPES[callersOf(principal)], idOf(principal)),
    attrs: { id: idOf(principal) },
    tags: 'user' in principal ? tagsOf(principal.claims) : {},
    parents: [],
  };
}

function tagsOf(claims: Readonly<Record<string, string | readonly string[]>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

/** The groups that an action is in, for a decision without a schema. */
function actionEntities(target: string, action: string) {
  const entity = (id: string, parents: readonly string[]) => ({
    uid: uid('Action', id),
    attrs: {},
    parents: parents.map((parent) => uid('Action', parent)),
  });
  return [
    entity(action, ['CallTool', target]),
    entity(target, ['CallTool']),
    entity('CallTool', ['Mcp']),
    entity('Mcp', []),
  ];
}

function callersOf(principal: ToolCaller): 'user' | 'iam' {
  return 'user' in principal ? 'user' : 'iam';
}

function idOf(principal: ToolCaller): string {
  return 'user' in principal ? principal.user : principal.iam;
}

function uid(type: string, id: string) {
  return { type: `${NAMESPACE}::${type}`, id };
}

function refused(...errors: string[]): ToolCallVerdict {
  return { allowed: false, determining: [], errors };
}
