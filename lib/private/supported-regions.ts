/**
 * Where AgentCore Runtime and Gateway are offered.
 *
 * Source: "Supported AWS Regions" in the AgentCore developer guide, as of September 2026. The list ages, so it only ever
 * leads to warnings.
 */
export const AGENTCORE_REGIONS: ReadonlySet<string> = new Set([
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'sa-east-1', 'us-gov-west-1'],
  ...['eu-central-1', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-north-1', 'eu-south-1', 'eu-south-2'],
  ...['ap-northeast-1', 'ap-northeast-2', 'ap-south-1', 'ap-south-2', 'ap-southeast-1', 'ap-southeast-2'],
  ...['ap-southeast-5', 'ap-southeast-7'],
]);

/** A sentence about a Region that is not in the list; undefined for one that is. */
export function regionWarning(region: string): string | undefined {
  if (AGENTCORE_REGIONS.has(region)) return undefined;
  return `AgentCore was not offered in ${region} when this version was made; it was in ${[...AGENTCORE_REGIONS].join(', ')}: deploy to one of these, or acknowledge this warning if it is offered by now`;
}
