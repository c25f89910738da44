/**
 * Availability zones in which AgentCore Runtime can place network interfaces, by Region. Zone ids, because zone names
 * stand for different zones in every account.
 *
 * Source: the table of supported zones in "VPC" of the AgentCore developer guide, as of August 2026. The list ages, so it
 * only ever leads to warnings.
 */
const ZONES: Readonly<Record<string, readonly string[]>> = {
  'ap-northeast-1': ['apne1-az1', 'apne1-az2', 'apne1-az4'],
  'ap-northeast-2': ['apne2-az1', 'apne2-az2', 'apne2-az3'],
  'ap-south-1': ['aps1-az1', 'aps1-az2', 'aps1-az3'],
  'ap-southeast-1': ['apse1-az1', 'apse1-az2', 'apse1-az3'],
  'ap-southeast-2': ['apse2-az1', 'apse2-az2', 'apse2-az3'],
  'ap-southeast-5': ['apse5-az1', 'apse5-az2', 'apse5-az3'],
  'ap-southeast-7': ['apse7-az1', 'apse7-az2', 'apse7-az3'],
  'ca-central-1': ['cac1-az1', 'cac1-az2', 'cac1-az4'],
  'eu-central-1': ['euc1-az1', 'euc1-az2', 'euc1-az3'],
  'eu-north-1': ['eun1-az1', 'eun1-az2', 'eun1-az3'],
  'eu-south-1': ['eus1-az1', 'eus1-az2', 'eus1-az3'],
  'eu-south-2': ['eus2-az1', 'eus2-az2', 'eus2-az3'],
  'eu-west-1': ['euw1-az1', 'euw1-az2', 'euw1-az3'],
  'eu-west-2': ['euw2-az1', 'euw2-az2', 'euw2-az3'],
  'eu-west-3': ['euw3-az1', 'euw3-az2', 'euw3-az3'],
  'sa-east-1': ['sae1-az1', 'sae1-az2', 'sae1-az3'],
  'us-east-1': ['use1-az1', 'use1-az2', 'use1-az4'],
  'us-east-2': ['use2-az1', 'use2-az2', 'use2-az3'],
  'us-gov-west-1': ['usgw1-az1', 'usgw1-az2', 'usgw1-az3'],
  'us-west-2': ['usw2-az1', 'usw2-az2', 'usw2-az3'],
};

/** Regions with further zones, in which a VPC can therefore lie wrong. */
const REGIONS_WITH_OTHER_ZONES = new Set(['ap-northeast-1', 'ap-northeast-2', 'us-east-1', 'us-west-2']);

/**
 * A sentence about the zones of a VPC's subnets; undefined where every zone of the Region will do.
 *
 * @param region undefined for a stack that can be deployed to any Region
 */
export function zoneWarning(region: string | undefined): string | undefined {
  if (region === undefined) {
    return 'AgentCore Runtime supports some availability zones of a Region only (in us-east-1 use1-az1, use1-az2 and use1-az4), and a Region-agnostic stack cannot be checked; choose subnets in supported zones, and acknowledge this warning';
  }
  const zones = ZONES[region];
  if (zones === undefined) {
    return `the availability zones that AgentCore Runtime supports in ${region} are not known to this version; look them up, choose subnets there, and acknowledge this warning`;
  }
  if (!REGIONS_WITH_OTHER_ZONES.has(region)) return undefined;
  return `AgentCore Runtime supports ${zones.join(', ')} in ${region}, and zone names do not tell the zone; compare with "aws ec2 describe-subnets --query 'Subnets[].AvailabilityZoneId'", and acknowledge this warning`;
}
