/**
 * A geography that keeps requests inside its Regions: cross-Region inference never leaves it.
 *
 * The destinations are those that the model cards in the Amazon Bedrock user guide listed in November 2026. They grow; a
 * newer list is given with `Geography.of`.
 */
export class Geography {
  /** United States: us-east-1, us-east-2, us-west-2. */
  public static readonly US = Geography.of('us', ['us-east-1', 'us-east-2', 'us-west-2']);

  /** European Union: eu-central-1, eu-north-1, eu-south-1, eu-south-2, eu-west-1, eu-west-3. */
  public static readonly EU = Geography.of('eu', [
    'eu-central-1',
    'eu-north-1',
    'eu-south-1',
    'eu-south-2',
    'eu-west-1',
    'eu-west-3',
  ]);

  /** Japan: ap-northeast-1, ap-northeast-3. */
  public static readonly JP = Geography.of('jp', ['ap-northeast-1', 'ap-northeast-3']);

  /** Australia: ap-southeast-2, ap-southeast-4. */
  public static readonly AU = Geography.of('au', ['ap-southeast-2', 'ap-southeast-4']);

  /**
   * Asia Pacific: ap-northeast-1, ap-northeast-2, ap-northeast-3, ap-south-1, ap-south-2, ap-southeast-1, ap-southeast-2,
   * ap-southeast-4. Newer models have Japan and Australia instead.
   */
  public static readonly APAC = Geography.of('apac', [
    'ap-northeast-1',
    'ap-northeast-2',
    'ap-northeast-3',
    'ap-south-1',
    'ap-south-2',
    'ap-southeast-1',
    'ap-southeast-2',
    'ap-southeast-4',
  ]);

  /**
   * A geography that this class does not know, or other destinations for one that it does.
   *
   * @param prefix what stands before the first dot of the profile's id, for instance `us`
   * @param destinationRegions the Regions that the profile may send a request to
   */
  public static of(prefix: string, destinationRegions: readonly string[]): Geography {
    if (!/^[a-z]{2,}(-[a-z]+)?$/.test(prefix)) {
      throw new Error(
        `Geography: prefix "${prefix}" is not one; it is the first part of a profile id, for instance "us"`,
      );
    }
    if (destinationRegions.length === 0) {
      throw new Error(`Geography: "${prefix}" has no destination Regions; name those on the model card`);
    }
    return new Geography(prefix, [...destinationRegions]);
  }

  private constructor(
    /** What stands before the first dot of the profile's id. */
    public readonly prefix: string,
    /** The Regions that a profile of this geography may send a request to. */
    public readonly destinationRegions: readonly string[],
  ) {}
}
