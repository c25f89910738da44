import { gatewayTool, type GatewayTool } from './gateway-tool';
import { lenientInputCheck } from './input-check';
import type { ApiOperation } from './open-api-document';
import { operationRequest } from './open-api-request';
import { CALL_BOUNDS, exchange, type OutboundBounds, type OutboundCredential } from './outbound-requests';
import { policySchema } from './policy-schema';
import { FixedTarget } from './running-target';
import { brief } from './target-fault';
import { failed, type ToolResult } from './tool-result';

/** Types of answers that a model can read. */
const TEXT_TYPE = /^(text\/|application\/([a-z0-9.+-]*\+)?(json|xml)\b|application\/(x-ndjson|yaml)\b)/i;

/** An API whose operations are tools. */
export interface OpenApi {
  readonly server: URL;
  readonly operations: readonly ApiOperation[];
  readonly credential: OutboundCredential;
  /** @default - those of a call */
  readonly bounds?: OutboundBounds;
}

/** The operations of an API, which are called over HTTP. */
export class OpenApiTarget extends FixedTarget {
  constructor(name: string, api: OpenApi, shortcomings: readonly string[]) {
    const unchecked: string[] = [];
    const tools = api.operations.map((operation) => operationTool(name, operation, api, unchecked));
    super(name, tools, [...shortcomings, ...unchecked]);
  }
}

function operationTool(target: string, operation: ApiOperation, api: OpenApi, unchecked: string[]): GatewayTool {
  const { name, description, inputSchema } = operation;
  const mistakeIn = lenientInputCheck(inputSchema, (reason) => {
    unchecked.push(`inputs of ${name} are checked by its API alone, because its schema cannot be used (${reason})`);
  });
  const spec = { target, name, description, inputSchema: policySchema(inputSchema) };
  return gatewayTool(spec, { inputSchema, mistakeIn, run: (input) => call(operation, api, input) });
}

async function call(
  operation: ApiOperation,
  { server, credential, bounds = CALL_BOUNDS }: OpenApi,
  input: Readonly<Record<string, unknown>>,
): Promise<ToolResult> {
  const request = operationRequest(operation, server, input);
  return exchange(server, credential, bounds, async ({ send }) => {
    const answer = await send(request);
    const { status, headers } = answer;
    const type = headers.get('content-type') ?? '';
    const told = `${operation.method} ${operation.path} answered ${String(status)}`;
    if (status >= 300 && status < 400) {
      return failed(`${told}: a redirect${destination(headers.get('location'), request.url)}, which is not followed.`);
    }
    if (type !== '' && !TEXT_TYPE.test(type)) return failed(`${told} with ${type}, which is no text.`);
    const text = credential.hide(await answer.text());
    return answer.ok ? { content: [{ type: 'text', text }], isError: false } : failed(`${told}: ${brief(text)}`);
  });
}

/** Without its query, which may have what is nobody's to read. */
function destination(location: string | null, from: URL): string {
  if (location === null || !URL.canParse(location, from.href)) return '';
  const { origin, pathname } = new URL(location, from);
  return ` to ${origin}${pathname}`;
}
