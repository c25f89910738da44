import { ACCESS_RULES } from './access-rules';
import { ACTION_RULES } from './action-rules';
import { AUTHORIZER_RULES } from './authorizer-rules';
import { BUCKET_RULES } from './bucket-rules';
import { ENDPOINT_RULES } from './endpoint-rules';
import { ENVIRONMENT_RULES } from './environment-rules';
import { GATEWAY_RULES } from './gateway-rules';
import { GATEWAY_TOOL_RULES } from './gateway-tool-rules';
import { MODEL_RULES } from './model-rules';
import { NAME_RULES } from './name-rules';
import { NETWORK_RULES } from './network-rules';
import { RESOURCE_RULES } from './resource-rules';
import { ROLE_RULES } from './role-rules';
import type { Rule } from './rule';
import { RUNTIME_RULES } from './runtime-rules';
import { SECURITY_GROUP_RULES } from './security-group-rules';
import { WORKSPACE_RULES } from './workspace-rules';

/** Every rule, in the order of the documentation. */
export const RULES: readonly Rule[] = [
  ...NAME_RULES,
  ...RUNTIME_RULES,
  ...ENVIRONMENT_RULES,
  ...ENDPOINT_RULES,
  ...AUTHORIZER_RULES,
  ...NETWORK_RULES,
  ...SECURITY_GROUP_RULES,
  ...ROLE_RULES,
  ...MODEL_RULES,
  ...ACCESS_RULES,
  ...ACTION_RULES,
  ...GATEWAY_RULES,
  ...GATEWAY_TOOL_RULES,
  ...RESOURCE_RULES,
  ...BUCKET_RULES,
  ...WORKSPACE_RULES,
];
