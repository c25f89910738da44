import { Names } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * A name for an AgentCore resource, made from the construct's path and known at synthesis.
 *
 * Twelve characters stay free of the service's 48, because AgentCore appends an id to the name in ARNs and log groups.
 */
export function uniqueAgentCoreName(scope: IConstruct): string {
  return Names.uniqueResourceName(scope, { maxLength: 36, separator: '_', allowedSpecialCharacters: '_' });
}
