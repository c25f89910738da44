export {
  authorizeToolCall,
  listableTools,
  type PolicedGateway,
  type ToolCall,
  type ToolCaller,
  type ToolCallVerdict,
} from './authorize-tool-call';
export type { RequestContext } from './condition';
export {
  evaluate,
  evaluateTrust,
  type AccessRequest,
  type IdentityPolicies,
  type TrustedCaller,
  type Verdict,
} from './evaluate';
export type { TemplateResource } from './physical-values';
export type { PolicyDocumentJson, PolicyStatementJson } from './policy';
export { ResolvedTemplate, type ResolveOptions, type TemplateJson } from './resolved-template';
export { rolePolicies, type RolePolicies } from './role-policies';
