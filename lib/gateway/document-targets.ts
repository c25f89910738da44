import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { openApiDescription, smithyDescription, type ApiDescription } from './api-description';
import type { ApiDocument } from './api-document';
import type { BoundGatewayTarget, IGatewayTarget } from './gateway-target';
import { OutboundCredential } from './outbound-credential';

/** Tools from the description of an API. */
export interface ApiTargetOptions {
  /** The description: its operations become the tools. */
  readonly document: ApiDocument;

  /** How the gateway proves to the API who it is. */
  readonly credential: OutboundCredential;
}

/** Tools from a Smithy model. */
export interface SmithyTargetOptions {
  /** The description: its operations become the tools. */
  readonly document: ApiDocument;

  /**
   * How the gateway proves to the API who it is.
   *
   * @default OutboundCredential.gatewayRole()
   */
  readonly credential?: OutboundCredential;
}

/** The operations that a document describes. */
abstract class DocumentTarget implements IGatewayTarget {
  public abstract readonly kind: IGatewayTarget['kind'];
  public readonly tools = undefined;
  public readonly toolNames: readonly string[] | undefined;
  private readonly description: ApiDescription;

  constructor(
    public readonly name: string,
    private readonly document: ApiDocument,
    public readonly credential: OutboundCredential,
    private readonly schema: 'openApiSchema' | 'smithyModel',
    read: (text: string) => ApiDescription,
  ) {
    const text = document.text();
    this.description = text === undefined ? { findings: [] } : read(text);
    this.toolNames = this.description.toolNames;
  }

  public findings(): string[] {
    const findings = this.document.findings();
    return findings.length > 0 ? findings : [...this.description.findings];
  }

  public bind(scope: Construct): BoundGatewayTarget {
    const { configuration, statements } = this.document.bind(scope);
    const { nameless } = this.description;
    if (nameless !== undefined) {
      Annotations.of(scope).addWarningV2(
        'cdk-agentcore-constructs:operationWithoutName',
        `${nameless} of the API: no operationId, so that it is no tool; give it one, or acknowledge this warning if that is meant`,
      );
    }
    return { configuration: { mcp: { [this.schema]: configuration } }, statements };
  }
}

/** The operations of an OpenAPI 3 document. */
export class OpenApiTarget extends DocumentTarget {
  public readonly kind = 'OpenAPI';

  constructor(name: string, { document, credential }: ApiTargetOptions) {
    super(name, document, credential, 'openApiSchema', openApiDescription);
  }
}

/** The operations of a Smithy model. */
export class SmithyTarget extends DocumentTarget {
  public readonly kind = 'Smithy';

  constructor(name: string, { document, credential = OutboundCredential.gatewayRole() }: SmithyTargetOptions) {
    super(name, document, credential, 'smithyModel', smithyDescription);
  }
}
