import { Lazy, Token } from 'aws-cdk-lib';
import type { aws_cognito as cognito } from 'aws-cdk-lib';

/** Scheme, host and port, as a browser names the origin of a page; plain http for the machine of the browser only. */
const ORIGIN =
  /^(https:\/\/(?=[a-z0-9.-]{1,253}(:|$))[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*|http:\/\/localhost)(:(?<port>[1-9]\d{0,4}))?$/;

/** Callback URLs that a client can have (Amazon Cognito quotas). */
const MAX_ORIGINS = 100;

/** What speaks against an origin; one with parts that only the deployment knows must only begin like one. */
export function originFindings(origin: string): string[] {
  const legal = Token.isUnresolved(origin) ? /^(https:\/\/|\$\{Token)/.test(origin) : isOrigin(origin);
  return legal
    ? []
    : [
        `web origin "${origin}" is not the address of a site: give scheme and host, in lower case and without a path or a slash at the end, for instance "https://agent.example.com" or "http://localhost:5173"`,
      ];
}

function isOrigin(text: string): boolean {
  const match = ORIGIN.exec(text);
  return match !== null && Number(match.groups?.port ?? 443) <= 65_535;
}

/** The pages that a client sends people back to. A page that is defined after the client can still be added. */
export class WebOrigins {
  private readonly origins = new Set<string>();

  /** @returns what speaks against the origin, which is not added then */
  public add(origin: string): string[] {
    const findings = [
      ...originFindings(origin),
      ...(this.origins.size >= MAX_ORIGINS && !this.origins.has(origin)
        ? [`web origin "${origin}" is one too many: a client of Amazon Cognito has at most ${MAX_ORIGINS}`]
        : []),
    ];
    if (findings.length === 0) this.origins.add(origin);
    return findings;
  }

  public get isEmpty(): boolean {
    return this.origins.size === 0;
  }

  public get callbackUrls(): string[] {
    return this.list('/callback');
  }

  public get logoutUrls(): string[] {
    return this.list('/');
  }

  /** Has a client sign people in only if there is a page at the end: Amazon Cognito refuses one that would without. */
  public requiredBy(client: cognito.CfnUserPoolClient): void {
    const { allowedOAuthFlows = [], allowedOAuthScopes = [] } = client;
    const whenUsed = (values: string[]): string[] =>
      Lazy.list({ produce: () => (this.isEmpty ? undefined : values) }, { omitEmpty: true });
    client.allowedOAuthFlows = whenUsed(allowedOAuthFlows);
    client.allowedOAuthScopes = whenUsed(allowedOAuthScopes);
    client.allowedOAuthFlowsUserPoolClient = Lazy.any({ produce: () => !this.isEmpty });
  }

  private list(path: string): string[] {
    return Lazy.list({ produce: () => [...this.origins].map((origin) => `${origin}${path}`) }, { omitEmpty: true });
  }
}
