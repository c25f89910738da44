import { type aws_cloudwatch as cloudwatch, Stack } from 'aws-cdk-lib';

/** What the name of the default endpoint is in metrics and log groups, and what switching endpoints replaces. */
export const DEFAULT_ENDPOINT = 'DEFAULT';

const WORDS = new RegExp(`[\\w.:/-]*${DEFAULT_ENDPOINT}[\\w.:/-]*`, 'g');

/** What is wrong with a dashboard whose endpoints can be switched: words of it that switching would change by mistake. */
export function replacedWords(dashboard: cloudwatch.Dashboard): string[] {
  const body: unknown = Stack.of(dashboard).resolve(
    (dashboard.node.defaultChild as cloudwatch.CfnDashboard).dashboardBody,
  );
  const words = new Set(literalTexts(body).flatMap((text) => text.match(WORDS) ?? []));
  return [...words]
    .filter((word) => !namesEndpoint(word))
    .map(
      (word) =>
        `"${word}" is on the dashboard and has "${DEFAULT_ENDPOINT}" in it, which switching endpoints would replace; leave endpointNames out, or rename it`,
    );
}

/** Whether it is the name of a metric or of a log group, of which the rest may be a token, or the endpoint alone. */
function namesEndpoint(word: string): boolean {
  const [before = '', ...others] = word.split(DEFAULT_ENDPOINT);
  const isLogGroup = before === '-' || (before.startsWith('/aws/bedrock-agentcore/runtimes/') && before.endsWith('-'));
  return others.join(DEFAULT_ENDPOINT) === '' && (before === '' || before.endsWith('::') || isLogGroup);
}

/** What of a text is known before it is deployed; the ids of resources that are referred to are not part of it. */
function literalTexts(body: unknown): string[] {
  if (typeof body === 'string') return [body];
  const [, parts = []] = (body as { readonly 'Fn::Join'?: readonly [string, readonly unknown[]] })['Fn::Join'] ?? [];
  return parts.filter((part) => typeof part === 'string');
}
