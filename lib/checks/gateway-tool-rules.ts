import type { CheckedResource } from './checked-app';
import { lambdaOf } from './gateway-rules';
import { eachResource, guide, type Rule } from './rule';
import { at, intrinsic, isRecord, isUnknown, items, literal, UNKNOWN } from './template-value';

/** What Amazon Bedrock takes as the name of a tool (ToolSpecification in the Bedrock API reference). */
const TOOL_NAME = /^[a-zA-Z0-9_-]+$/;
const MAX_TOOL_NAME = 64;

/** How a Claude agent names the tools of an MCP server called `gw`; shorter server names are rare. */
const CLIENT_PREFIX = 'mcp__gw__';

/** What a schema of a tool may say (SchemaDefinition in AWS::BedrockAgentCore::GatewayTarget). */
const KEYWORDS = new Set(['Type', 'Description', 'Required', 'Properties', 'Items']);
const TYPES = new Set(['string', 'number', 'object', 'array', 'boolean', 'integer']);

export const GATEWAY_TOOL_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-TN1',
    level: 'error',
    title: 'Tool name that no model takes',
    why: 'Amazon Bedrock refuses the whole request when one tool has such a name',
    remedy: 'Use letters, digits, underscores and hyphens.',
    documentation: guide('gateway-tool-naming'),
    property: 'TargetConfiguration',
    check: eachResource(['GatewayTarget'], (target) =>
      toolNames(target)
        .filter((name) => !TOOL_NAME.test(name))
        .map((name) => ({ detail: name, problem: `the tool is named "${name}"` })),
    ),
  },
  {
    id: 'AgentCore-TN2',
    level: 'warning',
    title: 'Tool name that becomes too long for Amazon Bedrock',
    why: `clients see ${CLIENT_PREFIX}<target>___<tool>, and one name of more than ${MAX_TOOL_NAME} characters makes every request fail`,
    remedy: 'Shorten the name of the target or of the tool.',
    documentation: guide('gateway-tool-naming'),
    property: 'TargetConfiguration',
    check: eachResource(['GatewayTarget'], (target) => {
      const targetName = literal(at(target.properties, 'Name'));
      if (targetName === undefined) return [];
      return toolNames(target)
        .map((tool) => ({ tool, composed: `${CLIENT_PREFIX}${targetName}___${tool}` }))
        .filter(({ composed }) => composed.length > MAX_TOOL_NAME)
        .map(({ tool, composed }) => ({
          detail: tool,
          problem: `${composed} has ${composed.length} characters; Amazon Bedrock takes ${MAX_TOOL_NAME}`,
        }));
    }),
  },
  {
    id: 'AgentCore-TN3',
    level: 'error',
    title: 'Tool defined twice in a target',
    why: 'only one of them can be called',
    remedy: 'Rename one, or remove it.',
    documentation: guide('gateway-add-target-lambda'),
    property: 'TargetConfiguration',
    check: eachResource(['GatewayTarget'], (target) => {
      const names = toolNames(target);
      return [...new Set(names.filter((name, index) => names.indexOf(name) < index))].map((name) => ({
        detail: name,
        problem: `the tool "${name}" is defined more than once`,
      }));
    }),
  },
  {
    id: 'AgentCore-TN4',
    level: 'error',
    title: 'Tool schema that AgentCore does not support',
    why: 'the deployment fails, or the model is not told what the schema says',
    remedy: 'Use Type, Description, Required, Properties and Items, and put everything else into the description.',
    documentation: guide('gateway-add-target-lambda'),
    property: 'TargetConfiguration',
    check: eachResource(['GatewayTarget'], (target) =>
      tools(target).flatMap((tool) => {
        const name = literal(at(tool, 'Name')) ?? 'unnamed';
        const problems = [
          ...rootProblems(at(tool, 'InputSchema')),
          ...['InputSchema', 'OutputSchema'].flatMap((schema) => schemaProblems(at(tool, schema), schema)),
        ];
        return problems.map((problem) => ({ detail: name, problem: `in the tool "${name}" ${problem}` }));
      }),
    ),
  },
];

function tools(target: CheckedResource): readonly unknown[] {
  return items(at(lambdaOf(target), 'ToolSchema', 'InlinePayload')) ?? [];
}

function toolNames(target: CheckedResource): string[] {
  return tools(target)
    .map((tool) => literal(at(tool, 'Name')))
    .filter((name) => name !== undefined);
}

function rootProblems(schema: unknown): string[] {
  const type = literal(at(schema, 'Type'));
  return type === undefined || type === 'object' ? [] : [`InputSchema has the type ${type} instead of object`];
}

/** What speaks against a schema and the schemas inside it. */
function schemaProblems(schema: unknown, path: string): string[] {
  if (schema === UNKNOWN || !isRecord(schema) || intrinsic(schema) !== undefined) return [];
  const type = literal(at(schema, 'Type'));
  const properties = at(schema, 'Properties');
  const known = isRecord(properties) && !isUnknown(properties) ? properties : {};
  const required = (items(at(schema, 'Required')) ?? []).map(literal).filter((name) => name !== undefined);
  return [
    ...Object.keys(schema)
      .filter((keyword) => !KEYWORDS.has(keyword))
      .map((keyword) => `${path} has the keyword ${keyword}`),
    ...(type === undefined || TYPES.has(type) ? [] : [`${path} has the type ${type}`]),
    ...(isUnknown(properties)
      ? []
      : required
          .filter((name) => !Object.hasOwn(known, name))
          .map((name) => `${path} requires "${name}", which is no property`)),
    ...Object.entries(known).flatMap(([name, property]) => schemaProblems(property, `${path}.${name}`)),
    ...schemaProblems(at(schema, 'Items'), `${path}[]`),
  ];
}
