import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { requestHeaderFindings } from '../private/request-headers';
import { lifecycleFindings } from '../private/session-lifecycle';
import { regionWarning } from '../private/supported-regions';
import { tagFindings } from '../private/tag-rules';
import { nameFindings } from '../private/validation';
import { fileSystemFindings, warnOfFileSystems } from './agent-file-system';
import type { AgentRuntimeProps } from './agent-runtime-props';
import { settingsFindings, warnOfSettings } from './agent-settings';
import { executionRoleFindings } from './execution-role';

/** What the findings about a runtime depend on besides its properties. */
export interface RuntimeFacts {
  /** Every header that is passed on. */
  readonly requestHeaders: readonly string[];
  readonly callersHaveJwt: boolean;
  readonly inVpc: boolean;
}

/** What speaks against the properties of a runtime; models and capabilities speak for themselves. */
export function runtimeFindings(
  props: AgentRuntimeProps,
  { requestHeaders, callersHaveJwt, inVpc }: RuntimeFacts,
): string[] {
  return [
    ...(props.runtimeName === undefined ? [] : nameFindings('runtimeName', props.runtimeName)),
    ...requestHeaderFindings(requestHeaders, callersHaveJwt),
    ...(props.network?.findings() ?? []),
    ...fileSystemFindings(props.fileSystems ?? [], inVpc),
    ...lifecycleFindings(props.idleTimeout?.toSeconds(), props.maxLifetime?.toSeconds()),
    ...executionRoleFindings(props),
    ...settingsFindings(props),
    ...tagFindings(props.tags ?? {}),
  ];
}

/** Warns of what may be meant. */
export function warnOfRuntime(scope: Construct, props: AgentRuntimeProps): void {
  const { region } = Stack.of(scope);
  const warning = Token.isUnresolved(region) ? undefined : regionWarning(region);
  if (warning !== undefined) Annotations.of(scope).addWarningV2('cdk-agentcore-constructs:unknownRegion', warning);
  warnOfFileSystems(scope, props.fileSystems ?? []);
  warnOfSettings(scope, props);
}
