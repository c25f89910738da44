import { Token } from 'aws-cdk-lib';
import { ACTION_GROUPS } from './cedar-schema';
import { qualifiedToolName } from './gateway-tool-spec';

/** Name of GatewayTarget in the AgentCore API reference: `([0-9a-zA-Z][-]?){1,100}`. */
const TARGET_NAME = /^(?:[0-9a-zA-Z]-?){1,100}$/;
const MAX_TARGET_CHARACTERS = 100;

/** What Amazon Bedrock takes as the name of a tool (ToolSpecification in the Bedrock API reference). */
const TOOL_NAME = /^[a-zA-Z0-9_-]+$/;
const MAX_TOOL_CHARACTERS = 64;

/** The names of the servers that the agent has of its own, so that no gateway can have one of them. */
const SERVERS_OF_THE_AGENT = new Set(['br', 'ci', 'gh']);

/** The name under which the agent knows a gateway; in upper case it ends the name of a variable. */
const SERVER_NAME = /^[a-z][a-z0-9]{0,15}$/;

/** What speaks against the name of a target. */
export function targetNameFindings(name: string): string[] {
  if (Token.isUnresolved(name)) {
    return [
      'the name of a target is only known at deployment, and it is part of the name of each tool; give a literal',
    ];
  }
  if ((ACTION_GROUPS as readonly string[]).includes(name)) {
    return [
      `target name "${name}" is that of every tool in policies, so that a policy for this target would be one for all; give another`,
    ];
  }
  // The construct library keeps children in an object, in which these seem to be there already.
  if (name in {}) {
    return [
      `target name "${name}" is one that every object of JavaScript has, so that no construct can be named so; give another`,
    ];
  }
  return TARGET_NAME.test(name) && name.length <= MAX_TARGET_CHARACTERS
    ? []
    : [
        `target name "${name}" is not one: 1 to ${MAX_TARGET_CHARACTERS} letters and digits, with single hyphens between and no underscore; for instance "${suggested(name)}"`,
      ];
}

/** What speaks against the name of a tool. */
export function toolNameFindings(name: string): string[] {
  if (Token.isUnresolved(name)) {
    return [
      'the name of a tool is only known at deployment, where the model and the policies must agree on it; give a literal',
    ];
  }
  return TOOL_NAME.test(name)
    ? []
    : [
        `tool name "${name}" is not one: Amazon Bedrock refuses every request with a tool whose name is not made of letters, digits, underscores and hyphens; rename it`,
      ];
}

/** What speaks against the name under which the model sees a tool. */
export function modelToolNameFindings(serverName: string, target: string, tool: string): string[] {
  const name = modelToolName(serverName, target, tool);
  return name.length <= MAX_TOOL_CHARACTERS
    ? []
    : [
        `the model sees the tool as "${name}", which has ${name.length} characters, and Amazon Bedrock refuses every request with a name of more than ${MAX_TOOL_CHARACTERS}; shorten the name of the target or of the tool by ${name.length - MAX_TOOL_CHARACTERS}`,
      ];
}

/** Whether the model would refuse a tool under its own name, so that the agent server offers it under an alias. */
export function needsAlias(serverName: string, target: string, tool: string): boolean {
  return !TOOL_NAME.test(tool) || modelToolName(serverName, target, tool).length > MAX_TOOL_CHARACTERS;
}

/** What speaks against the name under which an agent knows a gateway. */
export function serverNameFindings(serverName: string): string[] {
  if (!SERVER_NAME.test(serverName)) {
    return [
      `serverName "${serverName}" is not one: a small letter, then up to 15 small letters and digits; for instance "orders"`,
    ];
  }
  return SERVERS_OF_THE_AGENT.has(serverName)
    ? [`serverName "${serverName}" is that of a tool of the agent's own; give another, for instance "gw"`]
    : [];
}

function modelToolName(serverName: string, target: string, tool: string): string {
  return `mcp__${serverName}__${qualifiedToolName({ target, name: tool })}`;
}

function suggested(name: string): string {
  return (
    name
      .replace(/[^0-9a-zA-Z]+/g, '-')
      .replace(/^-/, '')
      .slice(0, MAX_TARGET_CHARACTERS) || 'orders'
  );
}
