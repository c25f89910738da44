import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * The text of `value` as it will stand in the template, with each reference written `<LogicalId>` or
 * `<LogicalId.Attribute>`: the spelling in which cdk-nag names a resource in a finding.
 *
 * Logical ids are read now, so an `overrideLogicalId` that comes later is not seen.
 */
export function renderedText(scope: IConstruct, value: string): string {
  return flatten(Stack.of(scope).resolve(value));
}

function flatten(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(flatten).join('');
  const [[key, argument] = ['', undefined]] = Object.entries(value as Record<string, unknown>);
  switch (key) {
    case 'Ref':
      return `<${String(argument)}>`;
    case 'Fn::GetAtt':
      return `<${(argument as string[]).join('.')}>`;
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(flatten).join(separator);
    }
    default:
      return `<${key}>`;
  }
}
