import { Token } from 'aws-cdk-lib';
import type { BoundGatewayTarget, IGatewayTarget } from './gateway-target';
import type { OutboundCredential } from './outbound-credential';

/** Tools of an MCP server. */
export interface McpServerTargetOptions {
  /** The address: https, of a server that speaks streamable HTTP. */
  readonly url: string;

  /** How the gateway proves to the server who it is. */
  readonly credential: OutboundCredential;
}

/** The tools of a server that is somewhere. */
export class McpServerTarget implements IGatewayTarget {
  public readonly kind = 'an MCP server';
  public readonly tools = undefined;
  public readonly credential: OutboundCredential;
  private readonly url: string;

  constructor(
    public readonly name: string,
    { url, credential }: McpServerTargetOptions,
  ) {
    this.url = url;
    this.credential = credential;
  }

  public findings(): string[] {
    return Token.isUnresolved(this.url) || /^https:\/\/[^\s/@]+(\/\S*)?$/.test(this.url)
      ? []
      : [
          `the address "${this.url}" of an MCP server is not one: a gateway calls https only, without a user in the address`,
        ];
  }

  public bind(): BoundGatewayTarget {
    return { configuration: { mcp: { mcpServer: { endpoint: this.url } } }, statements: [] };
  }
}
