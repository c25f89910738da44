import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { aws_wafv2 as wafv2 } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { regionWarning } from '../private/supported-regions';
import { tagFindings } from '../private/tag-rules';
import type { AgentGatewayProps } from './agent-gateway-props';
import type { RateLimitScope } from './gateway-rate-limit';
import type { IGatewayTarget, ToolDefinition } from './gateway-target';
import { credentialFindings } from './outbound-rules';
import {
  modelToolNameFindings,
  needsAlias,
  serverNameFindings,
  targetNameFindings,
  toolNameFindings,
} from './tool-names';
import { resolveToolSchema } from './tool-schema-rules';

/** Name of Gateway in the AgentCore API reference, in the small letters of ids: permissions are scoped by it. */
const GATEWAY_NAME = /^(?:[0-9a-z]-?){1,48}$/;
const MAX_GATEWAY_NAME = 48;

/** The length of Description of Gateway in the AgentCore API reference. */
const MAX_DESCRIPTION = 200;

/** Quotas of AgentCore Gateway. */
const MAX_TARGETS = 100;
const MAX_TOOLS_OF_TARGET = 1000;
const MAX_RATE_LIMITS = 50;

/** How many tools a warning lists at most. */
const LISTED = 5;

/** What speaks against the properties of a gateway; policies speak for themselves. */
export function gatewayFindings(
  scope: Construct,
  props: AgentGatewayProps,
  serverName: string,
  limitScope: RateLimitScope,
): string[] {
  const { tools, gatewayName, description, webAcl, webAclFailureMode, rateLimits = [] } = props;
  return [
    ...serverNameFindings(serverName),
    ...(gatewayName === undefined ? [] : gatewayNameFindings(gatewayName)),
    ...(description === undefined ? [] : descriptionFindings(description)),
    ...(tools.length === 0 ? ['tools is empty, so there is nothing to call; give at least one GatewayTool'] : []),
    ...(tools.length > MAX_TARGETS
      ? [
          `${tools.length} targets are given; a gateway has at most ${MAX_TARGETS}: put tools together, or make another gateway`,
        ]
      : []),
    ...twice(tools.map(({ name }) => name)).map(
      (name) => `two targets are named "${name}", which is part of the name of each tool; give one another name`,
    ),
    ...tools.flatMap((target) => targetFindings(scope, serverName, target)),
    ...(webAcl === undefined ? [] : webAclFindings(scope, webAcl)),
    ...(webAclFailureMode !== undefined && webAcl === undefined
      ? ['webAclFailureMode is given without webAcl, so that it says nothing; give a web ACL, or leave it out']
      : []),
    ...logFindings(props),
    ...(rateLimits.length > MAX_RATE_LIMITS
      ? [`${rateLimits.length} rate limits are given; a gateway has at most ${MAX_RATE_LIMITS}: leave some out`]
      : []),
    ...twice(rateLimits.map(({ id }) => id)).map(
      (id) => `two rate limits are for the same (${id}); give the lower one`,
    ),
    ...rateLimits.flatMap((limit) => limit.findings(limitScope)),
    ...tagFindings(props.tags ?? {}),
  ];
}

/** Warns of what may be meant. */
export function warnOfGateway(scope: Construct, { tools, debug }: AgentGatewayProps, serverName: string): void {
  const { region } = Stack.of(scope);
  const warning = Token.isUnresolved(region) ? undefined : regionWarning(region);
  if (warning !== undefined) Annotations.of(scope).addWarningV2('cdk-agentcore-constructs:unknownRegion', warning);
  if (debug === true) {
    Annotations.of(scope).addWarningV2(
      'cdk-agentcore-constructs:gatewayDebug',
      'debug is on: whoever may call the gateway is told the names of functions, roles and targets in errors; leave it out in production, or acknowledge this warning',
    );
  }
  for (const target of tools) warnOfAliases(scope, serverName, target);
  for (const { name, credential } of tools) {
    if (credential.kind !== 'NONE') continue;
    Annotations.of(scope).addWarningV2(
      'cdk-agentcore-constructs:openGatewayTarget',
      `the target "${name}" is called without a credential, so everyone can use it past the gateway and its policies; give it one, or acknowledge this warning if it is public anyway`,
    );
  }
}

/** Names in a document are those of its API, and not everyone who calls an API can rename its operations. */
function warnOfAliases(scope: Construct, serverName: string, { name: target, toolNames = [] }: IGatewayTarget): void {
  const names = toolNames.filter((name) => needsAlias(serverName, target, name));
  if (names.length === 0) return;
  const rest = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  Annotations.of(scope).addWarningV2(
    'cdk-agentcore-constructs:toolWithAlias',
    `the target "${target}" has tools whose names Amazon Bedrock does not take (${names.slice(0, LISTED).join(', ')}${rest}): 64 letters, digits, underscores and hyphens, as the model sees them, mcp__${serverName}__${target}___<tool>; the agent of this library offers them under an alias, which is shorter or without the other signs. Shorten the name of the target or change the operationId where other clients need the name, or acknowledge this warning`,
  );
}

function gatewayNameFindings(name: string): string[] {
  if (Token.isUnresolved(name)) {
    return [
      'gatewayName is not known at synthesis, and trust and permissions are scoped by it; give a literal, or leave it out',
    ];
  }
  return GATEWAY_NAME.test(name) && name.length <= MAX_GATEWAY_NAME
    ? []
    : [
        `gatewayName "${name}" is not one: 1 to ${MAX_GATEWAY_NAME} small letters and digits, with single hyphens between; AgentCore writes it in small letters in ARNs, by which permissions are scoped`,
      ];
}

function descriptionFindings(description: string): string[] {
  const { length } = description;
  return Token.isUnresolved(description) || (length >= 1 && length <= MAX_DESCRIPTION)
    ? []
    : [
        `description of the gateway has ${length} characters; AgentCore allows 1 to ${MAX_DESCRIPTION}: shorten it, or leave it out`,
      ];
}

function targetFindings(scope: Construct, serverName: string, target: IGatewayTarget): string[] {
  const { tools = [], toolNames = tools.map(({ name }) => name) } = target;
  const place = (findings: readonly string[]) => findings.map((finding) => `target "${target.name}": ${finding}`);
  return [
    ...targetNameFindings(target.name),
    ...place([
      ...target.findings(scope),
      ...credentialFindings(target.kind, target.credential),
      ...(toolNames.length > MAX_TOOLS_OF_TARGET
        ? [`${toolNames.length} tools are defined; a target has at most ${MAX_TOOLS_OF_TARGET}: make another`]
        : []),
      ...twice(toolNames).map(
        (name) => `two tools are named "${name}", and only one of them could be called; rename one`,
      ),
      ...tools.flatMap(toolFindings),
      // Of names from a document, those that models do not take are warned of.
      ...toolNames.filter((name) => target.tools !== undefined || Token.isUnresolved(name)).flatMap(toolNameFindings),
      ...tools.flatMap(({ name }) => modelToolNameFindings(serverName, target.name, name)),
    ]),
  ];
}

function toolFindings({ name, description, input, output }: ToolDefinition): string[] {
  return [
    ...(description.trim() === ''
      ? [`tool "${name}" has no description, by which a model chooses it; say what it does and when to use it`]
      : []),
    ...resolveToolSchema(input, `tool "${name}": input`).findings,
    ...(output === undefined ? [] : resolveToolSchema(output, `tool "${name}": output`, 'output').findings),
  ];
}

function logFindings({ applicationLogs = false, logRetention, logEncryptionKey }: AgentGatewayProps): string[] {
  return applicationLogs || (logRetention === undefined && logEncryptionKey === undefined)
    ? []
    : [
        'logRetention or logEncryptionKey is given, and there is no log without applicationLogs; switch that on if calls may be logged with their arguments, or leave these out',
      ];
}

function webAclFindings(scope: Construct, { webAclRef }: wafv2.IWebACLRef): string[] {
  const { webAclArn } = webAclRef;
  if (Token.isUnresolved(webAclArn)) return [];
  const [, , service = '', region = '', , resource = ''] = webAclArn.split(':');
  if (service !== 'wafv2' || !resource.startsWith('regional/webacl/')) {
    return [
      `the web ACL "${webAclArn}" is not regional, and those of CloudFront do not fit a gateway; give one with the scope REGIONAL`,
    ];
  }
  const { region: own } = Stack.of(scope);
  return Token.isUnresolved(own) || region === own
    ? []
    : [`the web ACL is in ${region}, and the gateway in ${own}; give one of that Region`];
}

function twice(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) < index))];
}
