import type { ResolveOptions, TemplateJson, TemplateResource } from '../../lib/testing';

/** Where a stack would be deployed to. */
interface Place {
  readonly account: string;
  readonly region: string;
}

/**
 * Values for what only a deployment knows. Policies and variables can refer to resources that are not run here (a queue
 * that the agent may write to), so they get ids and ARNs of the right form: stable, and belonging to nothing.
 */
export function standInValues(
  template: TemplateJson,
  { account, region }: Place,
): Pick<ResolveOptions, 'parameters' | 'standIn'> {
  return {
    parameters: Object.fromEntries(
      Object.entries(template.Parameters ?? {})
        .filter(([, parameter]) => hasNoValue(parameter))
        .map(([name]) => [name, `parameter-${name}`]),
    ),
    standIn: ({ logicalId, type }: TemplateResource, attribute) => {
      if (attribute === undefined) return logicalId;
      const service = (type.split('::')[1] ?? 'aws').toLowerCase();
      return /Arn$/.test(attribute)
        ? `arn:aws:${service}:${region}:${account}:${logicalId}`
        : `${logicalId}.${attribute}`;
    },
  };
}

function hasNoValue(parameter: unknown): boolean {
  const { Type, Default } = parameter as { readonly Type?: unknown; readonly Default?: unknown };
  return Default === undefined || String(Type).startsWith('AWS::SSM::Parameter::');
}
