import type { aws_bedrockagentcore as agentcore } from 'aws-cdk-lib';
import {
  mayHaveTool,
  openToolNames,
  qualifiedToolName,
  type GatewayToolSpec,
  type OpenTarget,
} from './gateway-tool-spec';

/** How many requests are let through. Give one of them. */
export interface RequestRate {
  /**
   * Requests in a second: 1 to 10,000,000.
   *
   * @default - `perMinute` is given
   */
  readonly perSecond?: number;

  /**
   * Requests in a minute: 1 to 10,000,000.
   *
   * @default - `perSecond` is given
   */
  readonly perMinute?: number;
}

/** Whom a gateway has as callers. */
export interface RateLimitScope {
  readonly callersHaveJwt: boolean;
  /** The tools that are known at synthesis. */
  readonly tools: readonly GatewayToolSpec[];
  /** The other targets. */
  readonly openTargets: readonly OpenTarget[];
}

/** Rates that AgentCore allows ("Add rate limits to a gateway" in the developer guide). */
const MAX_RATE = 10_000_000;

/** Any value of a dimension that has no entry of its own. */
const ANY = '*';

/**
 * How much traffic a gateway lets through. Where AgentCore cannot count it lets requests through, so this is no protection
 * against an attacker: use a web ACL and policies for that.
 */
export abstract class GatewayRateLimit {
  /** For each caller: the subject of a token, or an IAM principal (an agent is one for all its users). */
  public static perCaller(rate: RequestRate): GatewayRateLimit {
    return new CallerLimit(rate);
  }

  /** For one tool, all callers together. */
  public static perTool(tool: Pick<GatewayToolSpec, 'target' | 'name'>, rate: RequestRate): GatewayRateLimit {
    return new ToolLimit(rate, tool);
  }

  /** What makes the limit another one: AgentCore replaces a limit whose dimensions change. */
  public abstract readonly id: string;

  constructor(protected readonly rate: RequestRate) {}

  /** What speaks against it. */
  public abstract findings(scope: RateLimitScope): string[];

  /** As the resource has it, but for the gateway. */
  public abstract render(
    scope: RateLimitScope,
  ): Pick<agentcore.CfnGatewayRateLimitProps, 'dimensionKeys' | 'entries' | 'description'>;

  protected rendered(dimension: string, value: string) {
    const { perSecond, perMinute } = this.rate;
    const requests =
      perSecond === undefined ? [{ rate: perMinute ?? 0, period: 'minute' }] : [{ rate: perSecond, period: 'second' }];
    return { dimensionKeys: [dimension], entries: [{ dimensions: { [dimension]: value }, requests }] };
  }

  protected rateFindings(): string[] {
    const { perSecond, perMinute } = this.rate;
    if ((perSecond === undefined) === (perMinute === undefined)) {
      return ['a rate limit has perSecond and perMinute, or neither; give one of them'];
    }
    const rate = perSecond ?? perMinute ?? 0;
    return Number.isInteger(rate) && rate >= 1 && rate <= MAX_RATE
      ? []
      : [`a rate limit is ${rate} requests; AgentCore allows whole numbers, 1 to ${MAX_RATE}`];
  }
}

class CallerLimit extends GatewayRateLimit {
  public readonly id = 'Caller';

  public findings(): string[] {
    return this.rateFindings();
  }

  public render({ callersHaveJwt }: RateLimitScope) {
    return this.rendered(callersHaveJwt ? '$.context.jwt.sub' : '$.context.iam.principal', ANY);
  }
}

class ToolLimit extends GatewayRateLimit {
  public readonly id: string;

  constructor(rate: RequestRate, tool: Pick<GatewayToolSpec, 'target' | 'name'>) {
    super(rate);
    this.id = qualifiedToolName(tool);
  }

  public findings({ tools, openTargets }: RateLimitScope): string[] {
    const known = tools.map(qualifiedToolName);
    const open = openTargets.flatMap(openToolNames);
    return [
      ...this.rateFindings(),
      ...(known.includes(this.id) || openTargets.some((target) => mayHaveTool(target, this.id))
        ? []
        : [
            `a rate limit is for "${this.id}", which is no tool of the gateway (${[...known, ...open].join(', ')}); name one of them`,
          ]),
    ];
  }

  public render() {
    return this.rendered('toolName', this.id);
  }
}
