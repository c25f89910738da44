import { createHash } from 'node:crypto';
import type { ResolvedTemplate, TemplateResource } from '../../../lib/testing';

export const CODE_INTERPRETER = 'AWS::BedrockAgentCore::CodeInterpreterCustom';

/** The interpreter that AWS offers to everybody. */
export const MANAGED_INTERPRETER = 'aws.codeinterpreter.v1';

/** An AWS::BedrockAgentCore::CodeInterpreterCustom of the template. */
export interface TemplateInterpreter {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly network: string;
  readonly hasRole: boolean;
}

/** Where an interpreter stands. */
interface Site {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** What `Ref` and the attributes of an interpreter would be once deployed; undefined for other types. */
export function interpreterValue(
  { type, logicalId, properties }: TemplateResource,
  attribute: string | undefined,
  site: Site & { readonly stackName: string },
): string | undefined {
  if (type !== CODE_INTERPRETER) return undefined;
  const key = [site.account, site.region, site.stackName, logicalId].join('\n');
  const suffix = createHash('sha256').update(key).digest('hex').slice(0, 10);
  const id = `${typeof properties.Name === 'string' ? properties.Name : logicalId}-${suffix}`;
  const values = new Map([
    ['Ref', id],
    ['CodeInterpreterId', id],
    ['CodeInterpreterArn', interpreterArn(id, site)],
    ['Status', 'READY'],
  ]);
  return values.get(attribute ?? 'Ref');
}

/** The ARN of an interpreter: one of the account or, without an account in it, the one of AWS. */
export function interpreterArn(id: string, { partition, region, account }: Site): string {
  return id === MANAGED_INTERPRETER
    ? `arn:${partition}:bedrock-agentcore:${region}:aws:code-interpreter/${id}`
    : `arn:${partition}:bedrock-agentcore:${region}:${account}:code-interpreter-custom/${id}`;
}

/** Reads one interpreter of a stack. */
export function readInterpreter(template: ResolvedTemplate, logicalId: string): TemplateInterpreter {
  const network = template.property(logicalId, 'NetworkConfiguration') as { readonly NetworkMode?: string } | undefined;
  return {
    id: template.ref(logicalId),
    arn: template.getAtt(logicalId, 'CodeInterpreterArn'),
    name: String(template.property(logicalId, 'Name')),
    network: network?.NetworkMode ?? 'SANDBOX',
    hasRole: template.property(logicalId, 'ExecutionRoleArn') !== undefined,
  };
}
