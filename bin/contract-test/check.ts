import type { Target } from './target';

/** What a check found; `reason` says why, for whoever has to put it right. */
export type Outcome =
  | { readonly status: 'PASS' }
  | { readonly status: 'FAIL'; readonly reason: string }
  | { readonly status: 'SKIP'; readonly reason: string };

/** One rule of the contract. */
export interface Check {
  /** Stable; scripts may rely on it. */
  readonly id: string;
  /** What the contract says. */
  readonly contract: string;
  /** Title of the page that says so. */
  readonly source: string;
  /** What to change in a container that fails. */
  readonly remedy: string;
  run(target: Target): Promise<Outcome>;
}

/** Title of the AWS page that most rules are from. */
export const HTTP_CONTRACT = 'HTTP protocol contract, Amazon Bedrock AgentCore Developer Guide';
export const QUOTAS = 'Quotas for Amazon Bedrock AgentCore';
export const HTTP_SEMANTICS = 'HTTP Semantics, RFC 9110';

export const PASS: Outcome = { status: 'PASS' };

export function fail(reason: string): Outcome {
  return { status: 'FAIL', reason };
}

export function skip(reason: string): Outcome {
  return { status: 'SKIP', reason };
}

/** Passes when `holds`, and fails with `reason` otherwise. */
export function expectThat(holds: boolean, reason: string): Outcome {
  return holds ? PASS : fail(reason);
}

/** The start of a text, on one line and in quotes, for a reason. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
