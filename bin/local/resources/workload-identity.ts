import type { ResolvedTemplate, TemplateResource } from '../../../lib/testing';
import { agentCoreArn, type Place } from './agentcore-id';

const WORKLOAD_IDENTITY = 'AWS::BedrockAgentCore::WorkloadIdentity';
const RUNTIME = 'AWS::BedrockAgentCore::Runtime';
/** What the library sets the return addresses of a runtime's identity with; its function is not needed here. */
export const RETURN_URLS = 'Custom::WorkloadIdentityReturnUrls';

/** The identity of a workload: an AWS::BedrockAgentCore::WorkloadIdentity, or the one that a runtime has by itself. */
export interface WorkloadIdentity {
  readonly name: string;
  readonly arn: string;
  /** Of the directory that it is in. */
  readonly directoryArn: string;
  /** Where users may be sent back to when they have linked an account. */
  readonly returnUrls: readonly string[];
}

/** `Ref` and attributes of workload identities; undefined for other types. */
export function workloadIdentityValue(
  { type, logicalId, properties }: TemplateResource,
  attribute: string | undefined,
  place: Place,
): string | undefined {
  if (type !== WORKLOAD_IDENTITY) return undefined;
  const name = String(properties.Name ?? logicalId);
  return new Map([
    ['Ref', name],
    ['WorkloadIdentityArn', identityOf(name, place).arn],
  ]).get(attribute ?? 'Ref');
}

/** The workload identities of an app: those of the templates, and one for each runtime, which has the runtime's id. */
export function readWorkloadIdentities(stacks: readonly ResolvedTemplate[]): WorkloadIdentity[] {
  const ofType = (type: string): { template: ResolvedTemplate; logicalId: string }[] =>
    stacks.flatMap((template) =>
      template.resources().flatMap((one) => (one.type === type ? [{ template, logicalId: one.logicalId }] : [])),
    );
  const texts = (template: ResolvedTemplate, logicalId: string, name: string): string[] =>
    ((template.property(logicalId, name) ?? []) as string[]).map(String);

  const own = ofType(WORKLOAD_IDENTITY).map(({ template, logicalId }) => ({
    ...identityOf(template.ref(logicalId), template),
    returnUrls: texts(template, logicalId, 'AllowedResourceOauth2ReturnUrls'),
  }));
  const allowances = ofType(RETURN_URLS);
  const ofRuntimes = ofType(RUNTIME).map(({ template, logicalId }) => {
    const runtimeId = template.getAtt(logicalId, 'AgentRuntimeId');
    return {
      ...identityOf(runtimeId, template),
      returnUrls: allowances
        .filter((one) => one.template.property(one.logicalId, 'AgentRuntimeId') === runtimeId)
        .flatMap((one) => texts(one.template, one.logicalId, 'ReturnUrls')),
    };
  });
  return [...own, ...ofRuntimes];
}

/** The name of the identity that the runtime with this ARN has. */
export function runtimeIdentityName(runtimeArn: string): string {
  return runtimeArn.slice(runtimeArn.lastIndexOf('/') + 1);
}

function identityOf(name: string, place: Omit<Place, 'stackName'>): Omit<WorkloadIdentity, 'returnUrls'> {
  const directoryArn = agentCoreArn('workload-identity-directory/default', place);
  return { name, directoryArn, arn: `${directoryArn}/workload-identity/${name}` };
}
