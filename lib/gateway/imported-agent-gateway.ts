import { Arn, ArnFormat, Fn, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { requireProperties } from '../private/required-properties';
import { throwFindings } from '../private/validation';
import { AgentGatewayBase } from './agent-gateway-base';
import { serverNameFindings } from './tool-names';

/** What there is to know of a gateway that something else deployed. */
export interface AgentGatewayAttributes {
  /** The ARN of the gateway: of an L1, an L2, another stack, or as the console shows it. */
  readonly gatewayArn: string;

  /**
   * Whether callers bring a JWT; otherwise they sign with IAM credentials.
   *
   * @default false
   */
  readonly callersHaveJwt?: boolean;

  /**
   * The name under which agents know the gateway: a small letter, then up to 15 small letters and digits.
   *
   * @default 'gw'
   */
  readonly serverName?: string;

  /**
   * Where the gateway speaks MCP.
   *
   * @default - made from the ARN
   */
  readonly gatewayUrl?: string;
}

/** Source: pattern of gatewayIdentifier in the AgentCore API reference. */
const GATEWAY_ARN =
  /^arn:aws(?:-[a-z]+)*:bedrock-agentcore:[a-z0-9-]+:\d{12}:gateway\/(?:[0-9a-z]-?){1,100}-[0-9a-z]{10}$/;

/** A gateway that something else deployed, to be given to agents. */
export class ImportedAgentGateway extends AgentGatewayBase {
  public readonly gatewayArn: string;
  public readonly gatewayId: string;
  public readonly gatewayUrl: string;
  public readonly serverName: string;
  public readonly callersHaveJwt: boolean;
  protected readonly accepted = undefined;

  /** @throws Error with every finding about the attributes */
  constructor(scope: Construct, id: string, attributes: AgentGatewayAttributes) {
    super(scope, id);
    requireProperties(this, attributes, { gatewayArn: 'its ARN' });
    const { gatewayArn, gatewayUrl, serverName = 'gw', callersHaveJwt = false } = attributes;
    throwFindings(this, [...arnFindings(gatewayArn), ...urlFindings(gatewayUrl), ...serverNameFindings(serverName)]);
    this.gatewayArn = gatewayArn;
    this.gatewayId = Fn.select(1, Fn.split('/', gatewayArn));
    const { region = '' } = Arn.split(gatewayArn, ArnFormat.SLASH_RESOURCE_NAME);
    this.gatewayUrl = gatewayUrl ?? `https://${this.gatewayId}.gateway.bedrock-agentcore.${region}.amazonaws.com/mcp`;
    this.serverName = serverName;
    this.callersHaveJwt = callersHaveJwt;
  }
}

function arnFindings(arn: string): string[] {
  return Token.isUnresolved(arn) || GATEWAY_ARN.test(arn)
    ? []
    : [
        `gatewayArn "${arn}" is not the ARN of a gateway; it looks like "arn:aws:bedrock-agentcore:eu-central-1:111122223333:gateway/orders-0123456789"`,
      ];
}

function urlFindings(url: string | undefined): string[] {
  return url === undefined || Token.isUnresolved(url) || /^https:\/\/[^\s/?#@]+\/[^\s?#]+$/.test(url)
    ? []
    : [
        `gatewayUrl "${url}" is not the address of a gateway: it begins with https:// and ends in /mcp, without user, "?" and "#"; give that, or leave it out`,
      ];
}
