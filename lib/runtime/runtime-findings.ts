import { Annotations, aws_bedrockagentcore as agentcore, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { requestHeaderFindings } from '../private/request-headers';
import { durationFindings } from '../private/session-lifecycle';
import { regionWarning } from '../private/supported-regions';
import { tagFindings } from '../private/tag-rules';
import { nameFindings } from '../private/validation';
import { fileSystemFindings, warnOfFileSystems } from './agent-file-system';
import type { AgentRuntimeProps } from './agent-runtime-props';
import { settingsFindings, warnOfSettings } from './agent-settings';
import { environmentNameFindings } from './environment-names';
import { executionRoleFindings } from './execution-role';
import { guardrailPlaceFindings, warnOfProfilePlaces } from './placement-findings';

/** The length of Description in AWS::BedrockAgentCore::Runtime. */
const MAX_DESCRIPTION_CHARACTERS = 1200;

/** The names that are taken, and the paths of the constructs that have them. */
const namesOf = new WeakMap<Stack, Map<string, string>>();

/** What the findings about a runtime depend on besides its properties. */
export interface RuntimeFacts {
  /** Every header that is passed on. */
  readonly requestHeaders: readonly string[];
  readonly callersHaveJwt: boolean;
  readonly inVpc: boolean;
}

/** What speaks against the properties of a runtime; models and capabilities speak for themselves. */
export function runtimeFindings(
  scope: Construct,
  props: AgentRuntimeProps,
  { requestHeaders, callersHaveJwt, inVpc }: RuntimeFacts,
): string[] {
  return [
    ...(props.runtimeName === undefined ? [] : nameFindings('runtimeName', props.runtimeName)),
    ...requestHeaderFindings(requestHeaders, callersHaveJwt),
    ...(props.description === undefined ? [] : descriptionFindings(props.description)),
    ...protocolFindings(props),
    ...guardrailPlaceFindings(scope, [props.guardrail, ...(props.capabilities ?? [])]),
    ...(props.network?.findings((props.fileSystems ?? []).some(({ shared }) => shared)) ?? []),
    ...fileSystemFindings(props.fileSystems ?? [], inVpc),
    ...durationFindings(props.idleTimeout, props.maxLifetime),
    ...environmentNameFindings(Object.keys(props.environment ?? {})),
    ...executionRoleFindings(props),
    ...settingsFindings(props),
    ...tagFindings(props.tags ?? {}),
  ];
}

function descriptionFindings(description: string): string[] {
  const { length } = description;
  return Token.isUnresolved(description) || (length >= 1 && length <= MAX_DESCRIPTION_CHARACTERS)
    ? []
    : [
        `description has ${length} characters; AgentCore allows 1 to ${MAX_DESCRIPTION_CHARACTERS}: shorten it, or leave it out`,
      ];
}

function protocolFindings({ image, protocol = agentcore.ProtocolType.HTTP }: AgentRuntimeProps): string[] {
  const { protocols } = image;
  return protocols === undefined || protocols.some(({ value }) => value === protocol.value)
    ? []
    : [
        `protocol is ${protocol.value}, and the image speaks ${protocols.join(' and ')} only, so no call would reach the agent; leave protocol out, or give an image that speaks ${protocol.value}`,
      ];
}

/** What speaks against a runtime of this name in the stack of `scope`; the name is taken from then on. */
export function takenNameFindings(scope: Construct, name: string): string[] {
  const stack = Stack.of(scope);
  const names = namesOf.get(stack) ?? new Map<string, string>();
  namesOf.set(stack, names);
  const owner = names.get(name);
  names.set(name, owner ?? scope.node.path);
  return owner === undefined
    ? []
    : [
        `runtimeName "${name}" is that of ${owner} already, and names are unique in an account and Region; give another`,
      ];
}

/** Warns of what may be meant. */
export function warnOfRuntime(scope: Construct, props: AgentRuntimeProps): void {
  const { region } = Stack.of(scope);
  const warning = Token.isUnresolved(region) ? undefined : regionWarning(region);
  if (warning !== undefined) Annotations.of(scope).addWarningV2('cdk-agentcore-constructs:unknownRegion', warning);
  warnOfFileSystems(scope, props.fileSystems ?? []);
  warnOfSettings(scope, props);
  if (props.models !== undefined) warnOfProfilePlaces(scope, props.models);
}
