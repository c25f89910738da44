import { qualifiedToolName, type GatewayToolSpec } from './gateway-tool-spec';
import type { ToolSchema } from './tool-schema';

/** Who calls a gateway, by how it tells callers apart: users by their JWT, or IAM principals by their signature. */
export type GatewayCallers = 'user' | 'iam';

/** The namespace of everything a policy can name. */
export const NAMESPACE = 'AgentCore';

/** The entity type of callers ("Principal types" in the schema constraints of the developer guide). */
export const PRINCIPAL_TYPES = { user: 'OAuthUser', iam: 'IamEntity' } as const satisfies Record<
  GatewayCallers,
  string
>;

/** The action that stands for every tool, and the one above it. */
export const ACTION_GROUPS = ['CallTool', 'Mcp'] as const;

type CedarType =
  | { readonly type: 'String' | 'Long' | 'Boolean' }
  | { readonly type: 'Extension'; readonly name: 'decimal' }
  | { readonly type: 'Set'; readonly element: CedarType }
  | CedarRecord;

interface CedarRecord {
  readonly type: 'Record';
  readonly attributes: Record<string, CedarType & { readonly required: boolean }>;
}

interface CedarAction {
  readonly memberOf: { readonly id: string }[];
  readonly appliesTo?: {
    readonly principalTypes: string[];
    readonly resourceTypes: string[];
    readonly context: CedarRecord;
  };
}

/**
 * The schema that AgentCore makes of a gateway's tools, in Cedar's JSON form: each tool is an action, the group of its
 * target's tools is one too, and conditions see `context.input` only.
 *
 * Source: "Schema constraints" and "Policy scope" in the AgentCore developer guide.
 */
export function cedarSchema(tools: readonly Omit<GatewayToolSpec, 'description'>[], callers: GatewayCallers) {
  const principal = PRINCIPAL_TYPES[callers];
  const identity: CedarRecord = { type: 'Record', attributes: { id: { type: 'String', required: true } } };
  const actions = new Map<string, CedarAction>([
    ['Mcp', { memberOf: [] }],
    ['CallTool', { memberOf: [{ id: 'Mcp' }] }],
  ]);
  for (const tool of tools) {
    actions.set(tool.target, { memberOf: [{ id: 'CallTool' }] });
    actions.set(qualifiedToolName(tool), {
      memberOf: [{ id: 'CallTool' }, { id: tool.target }],
      appliesTo: {
        principalTypes: [principal],
        resourceTypes: ['Gateway'],
        context: {
          type: 'Record',
          attributes: { input: { ...cedarRecord(tool.inputSchema), required: true } },
        },
      },
    });
  }
  return {
    [NAMESPACE]: {
      entityTypes: {
        // An IAM principal has no tags.
        [principal]: { shape: identity, ...(callers === 'user' ? { tags: { type: 'String' as const } } : {}) },
        Gateway: {},
      },
      actions: Object.fromEntries(actions),
    },
  };
}

/**
 * Whether the guide says how a schema becomes a type of Cedar. It does not for arrays of anything and objects without
 * properties: what is found out about these may not be what the service finds.
 */
export function isDocumented({ type, items, properties }: ToolSchema): boolean {
  if (type === 'array') return items !== undefined && isDocumented(items);
  return type !== 'object' || (properties !== undefined && Object.values(properties).every(isDocumented));
}

function cedarRecord({ properties = {}, required = [] }: ToolSchema): CedarRecord {
  return {
    type: 'Record',
    attributes: Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [
        name,
        { ...cedarType(schema), required: required.includes(name) },
      ]),
    ),
  };
}

function cedarType(schema: ToolSchema): CedarType {
  switch (schema.type) {
    case 'string':
      return { type: 'String' };
    case 'integer':
      return { type: 'Long' };
    case 'boolean':
      return { type: 'Boolean' };
    case 'number':
      return { type: 'Extension', name: 'decimal' };
    case 'array':
      return { type: 'Set', element: schema.items === undefined ? { type: 'String' } : cedarType(schema.items) };
    case 'object':
      return cedarRecord(schema);
  }
}
