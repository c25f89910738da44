import { NAMESPACE } from './cedar-schema';
import { quoted } from './cedar-tokens';
import { qualifiedToolName, type GatewayToolSpec } from './gateway-tool-spec';
import type { GatewayCondition } from './policy-condition';
import { InputFields } from './policy-fields';
import { GatewayPrincipal } from './policy-principal';
import type { GatewayPolicyOptions, PolicyScope } from './policy-source';

/** A `permit` or `forbid`, written in TypeScript. */
export interface GatewayStatement extends GatewayPolicyOptions {
  /** Name of the policy: a letter, then letters, digits and underscores, 39 in all. */
  readonly name: string;

  /**
   * Who calls.
   *
   * @default - every caller that the authorizer of the gateway lets in
   */
  readonly principal?: GatewayPrincipal;

  /**
   * The tools, as `<target>___<tool>`.
   *
   * @default - those of `targets`; every tool of the gateway without either
   */
  readonly tools?: string[];

  /**
   * Targets, for all of their tools.
   *
   * @default - none
   */
  readonly targets?: string[];

  /**
   * What must hold of the input; all of it.
   *
   * @default - any input
   */
  readonly when?: GatewayCondition[];
}

/** Stands in a policy for the ARN of the gateway that it is given to. */
export const GATEWAY_ARN_PLACEHOLDER = '{{gatewayArn}}';

/** The statement as Cedar for a gateway, and what speaks against it. */
export function renderStatement(
  effect: 'permit' | 'forbid',
  { principal, tools = [], targets = [], when = [] }: GatewayStatement,
  scope: PolicyScope,
): { readonly text: string; readonly findings: readonly string[] } {
  const caller = principal ?? (scope.callers === 'user' ? GatewayPrincipal.users() : GatewayPrincipal.iam());
  const { scope: who, conditions } = caller.toCedar();
  const names = [...tools, ...targets];
  const fields = new InputFields(namedTools(names, scope.tools));
  const all = [...conditions, ...when.map((condition) => condition.toCedar(fields))];
  const gateway = `${NAMESPACE}::Gateway::${quoted(GATEWAY_ARN_PLACEHOLDER)}`;
  const head = [who, actions(tools, targets), `resource == ${gateway}`].map((part) => `  ${part}`).join(',\n');
  const body = all.length === 0 ? '' : ['\nwhen {', all.map((part) => `  ${part}`).join(' &&\n'), '}'].join('\n');
  return { text: `${effect} (\n${head}\n)${body};`, findings: fields.findings };
}

/** What these names stand for, as far as synthesis knows it. */
function namedTools(names: readonly string[], known: readonly GatewayToolSpec[]): readonly GatewayToolSpec[] {
  return names.length === 0
    ? known
    : known.filter((tool) => names.includes(qualifiedToolName(tool)) || names.includes(tool.target));
}

function actions(tools: readonly string[], targets: readonly string[]): string {
  const action = (name: string) => `${NAMESPACE}::Action::${quoted(name)}`;
  const [tool, ...others] = tools;
  if (tool === undefined && targets.length === 0) return 'action';
  if (tool !== undefined && others.length + targets.length === 0) return `action == ${action(tool)}`;
  return `action in [${[...tools, ...targets].map(action).join(', ')}]`;
}
