import { Token } from 'aws-cdk-lib';
import { MAX_RUNTIME_VERSION } from '../private/endpoint-limits';

/** Which version of a runtime an endpoint leads to. AgentCore numbers them from 1; every change of a runtime makes one. */
export class EndpointVersion {
  /** One version, until the endpoint is changed: a release is promoted by changing this number. */
  public static pinned(version: number): EndpointVersion {
    if (!Token.isUnresolved(version) && (!Number.isInteger(version) || version < 1 || version > MAX_RUNTIME_VERSION)) {
      throw new Error(
        `EndpointVersion: ${version} is not a version; versions are whole numbers from 1 to ${MAX_RUNTIME_VERSION}`,
      );
    }
    return new EndpointVersion(Token.isUnresolved(version) ? Token.asString(version) : String(version));
  }

  /**
   * The newest version of an agent of this app, with every deployment anew. What the default endpoint does; seldom what a
   * release wants.
   */
  public static latest(): EndpointVersion {
    return new EndpointVersion(undefined);
  }

  private constructor(
    /** The number, as text; undefined for the newest version. */
    public readonly version: string | undefined,
  ) {}
}
