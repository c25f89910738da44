import { ResolvedTemplate, type TemplateResource } from '../../lib/testing';
import type { Assembly } from './assembly';
import { withManagedPolicies } from './aws-managed-policies';
import { interpreterValue } from './resources/code-interpreter';
import { credentialProviderValue } from './resources/credential-provider';
import { functionValue } from './resources/function';
import { gatewayValue } from './resources/gateway';
import { httpApiValue } from './resources/http-api';
import { identityPoolValue } from './resources/identity-pool';
import { policyEngineValue } from './resources/policy-engine';
import { cognitoValue, type PoolSite } from './resources/user-pool';
import { workloadIdentityValue } from './resources/workload-identity';
import { standInValues } from './stand-in-values';

/** Where the app is run. */
export interface AppSite extends PoolSite {
  /** Account and Region of stacks that name none. */
  readonly account: string;
  readonly region: string;
}

/** The stacks of an assembly, each able to import what the others export. */
export function resolvedStacks(assembly: Assembly, site: AppSite): ResolvedTemplate[] {
  const resolved: ResolvedTemplate[] = [];
  for (const stack of assembly.stacks) {
    const account = stack.account ?? site.account;
    const region = stack.region ?? site.region;
    const template: ResolvedTemplate = new ResolvedTemplate(withManagedPolicies(stack.template), {
      account,
      region,
      stackName: stack.name,
      ...standInValues(stack.template, { account, region }),
      attribute: (resource, attribute) => ownValue(template, resource, attribute, site),
      imports: (name) => resolved.map((other) => other.exported(name)).find((value) => value !== undefined),
    });
    resolved.push(template);
  }
  return resolved;
}

/** `Ref` (`attribute` undefined) and attributes that are others here than on AWS, or that no other place knows. */
function ownValue(
  template: ResolvedTemplate,
  resource: TemplateResource,
  attribute: string | undefined,
  site: AppSite,
): string | undefined {
  return (
    cognitoValue(template, resource, attribute, site) ??
    interpreterValue(resource, attribute, template) ??
    functionValue(resource, attribute, template) ??
    gatewayValue(resource, attribute, template, site.endpoint) ??
    policyEngineValue(resource, attribute, template) ??
    httpApiValue(resource, attribute, template, site.endpoint) ??
    identityPoolValue(resource, attribute, template) ??
    credentialProviderValue(resource, attribute, template, site.endpoint) ??
    workloadIdentityValue(resource, attribute, template)
  );
}
