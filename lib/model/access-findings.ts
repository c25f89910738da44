import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ModelRoute, type ModelAccess } from './model-access';
import { AVAILABILITY_DATE } from './model-availability';

/** What is wrong with a way to a model: sentences for ways that do not exist. */
export function accessFindings({ model, route, geography, invocationId }: ModelAccess): string[] {
  const { availability, modelId } = model;
  if (availability === undefined || route === ModelRoute.APPLICATION_PROFILE) return [];

  const exists =
    route === ModelRoute.REGION ? availability.inRegion : availability.profiles.includes(geography?.prefix ?? 'global');
  if (exists) return [];
  const offered = availability.profiles.map((prefix) => `${prefix}.${modelId}`);
  const what =
    route === ModelRoute.REGION
      ? `${modelId} cannot be called without an inference profile`
      : `there is no inference profile ${invocationId}`;
  return [
    `${what}; in ${AVAILABILITY_DATE} there were ${offered.join(', ')}; choose one of these, or give newer knowledge with ClaudeModel.of("${modelId}", { … })`,
  ];
}

/** Warns about what cannot be told: models that are not in the table, and Regions outside a geography. */
export function warnOfUnknownAccess(scope: IConstruct, { model, route, geography, invocationId }: ModelAccess): void {
  if (model.availability === undefined && route !== ModelRoute.APPLICATION_PROFILE) {
    Annotations.of(scope).addWarningV2(
      'cdk-agentcore-constructs:unknownModel',
      `${invocationId} was not checked: the table of models and profiles (${AVAILABILITY_DATE}) does not have ${model.modelId}; look at its model card, and say what it offers with ClaudeModel.of("${model.modelId}", { profiles: […], inRegion: … }) or acknowledge this warning`,
    );
  }
  const { region } = Stack.of(scope);
  if (geography !== undefined && !Token.isUnresolved(region) && !geography.destinationRegions.includes(region)) {
    // No error: the lists age, and some profiles can be called from Regions that they do not route to.
    Annotations.of(scope).addWarningV2(
      'cdk-agentcore-constructs:regionOutsideGeography',
      `${invocationId} may not be callable from ${region}: its geography has ${geography.destinationRegions.join(', ')}; deploy to one of these, use .global(), give a newer list with Geography.of(), or acknowledge this warning if the model card lists ${region} as a source Region`,
    );
  }
}
