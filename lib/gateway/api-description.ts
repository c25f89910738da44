import { Token } from 'aws-cdk-lib';

/** What the description of an API says. */
export interface ApiDescription {
  readonly findings: readonly string[];
  /** Operations that become no tool, because they have no name; undefined where all have one. */
  readonly nameless?: string;
  /** The names of the tools; undefined where they cannot be read. */
  readonly toolNames?: readonly string[];
}

/** Methods that an OpenAPI path can have. */
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** "Key considerations and limitations" of OpenAPI targets in the AgentCore developer guide. */
const VERSION = /^3\.[01](\.|$)/;

/** The first key of an OpenAPI document in YAML, which is not read any further: the library has no parser for it. */
const YAML_VERSION = /^["']?openapi["']?\s*:\s*["']?([^"'\s#]+)/m;

/** An address that leads somewhere by itself; a variable may stand for all that is before the path, or for the scheme. */
const ADDRESS = /^(https?:\/\/[^/\s]|\{)/i;

/** How many operations a message lists at most. */
const LISTED = 5;

/** An operation of an OpenAPI document. */
interface Operation {
  readonly title: string;
  readonly operationId: string | undefined;
  /** Where it is called: its own servers, those of its path, or those of the document. */
  readonly servers: unknown;
}

/** Reads an OpenAPI document: JSON as a whole, of YAML the version alone. */
export function openApiDescription(document: string): ApiDescription {
  const text = withoutMark(document);
  const json = parsed(text);
  if (json === undefined) {
    if (Token.isUnresolved(text)) return { findings: [] };
    const version = YAML_VERSION.exec(text)?.[1];
    if (version === undefined || text.trimStart().startsWith('{')) {
      return {
        findings: [
          'the description of the API is neither JSON nor YAML of which a line begins with "openapi"; give an OpenAPI document of version 3.0 or 3.1, in JSON where it begins with a brace',
        ],
      };
    }
    return { findings: versionFindings(version) };
  }
  const wrong = versionFindings(isRecord(json) ? json.openapi : undefined);
  if (!isRecord(json) || wrong.length > 0) return { findings: wrong };
  const operations = operationsOf(json);
  const nameless = operations.filter((operation) => !isNamed(operation));
  return {
    findings: [...operationFindings(operations), ...serverFindings(operations)],
    ...(nameless.length === 0 ? {} : { nameless: listed(nameless) }),
    toolNames: operations.flatMap(({ operationId }) => operationId ?? []),
  };
}

/** Reads a Smithy model, which gateways take as JSON. */
export function smithyDescription(document: string): ApiDescription {
  const text = withoutMark(document);
  const json = parsed(text);
  if (json === undefined && Token.isUnresolved(text)) return { findings: [] };
  return isRecord(json) && typeof json.smithy === 'string'
    ? { findings: [] }
    : {
        findings: [
          'the description of the API is no Smithy model as JSON, an object with "smithy"; a model in the language of Smithy becomes one with "smithy ast"',
        ],
      };
}

/** Without the byte order mark that some editors begin a file with. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

function versionFindings(version: unknown): string[] {
  return typeof version === 'string' && VERSION.test(version)
    ? []
    : [
        `the description of the API has ${version === undefined ? 'no "openapi"' : `"openapi": ${JSON.stringify(version)}`}, and gateways read OpenAPI 3.0 and 3.1, no Swagger; convert it`,
      ];
}

function operationsOf(document: Record<string, unknown>): Operation[] {
  const paths = isRecord(document.paths) ? document.paths : {};
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(isRecord(item) ? item : {})
      .filter(([method]) => METHODS.includes(method))
      .map(([method, value]) => {
        const operation = isRecord(value) ? value : {};
        const { operationId } = operation;
        return {
          title: `${method.toUpperCase()} ${path}`,
          operationId: typeof operationId === 'string' && operationId !== '' ? operationId : undefined,
          servers: operation.servers ?? (item as Record<string, unknown>).servers ?? document.servers,
        };
      }),
  );
}

function operationFindings(operations: readonly Operation[]): string[] {
  if (operations.some(isNamed)) return [];
  return operations.length === 0
    ? ['the description of the API has no operation, so that nothing can be called; describe at least one in "paths"']
    : [
        `no operation of the API (${listed(operations)}) has an operationId, which is the name of a tool; give it to those that become tools`,
      ];
}

function isNamed({ operationId }: Operation): boolean {
  return operationId !== undefined;
}

function serverFindings(operations: readonly Operation[]): string[] {
  const lost = operations.filter(({ servers }) => {
    const [first] = Array.isArray(servers) ? (servers as unknown[]) : [];
    const url = isRecord(first) ? first.url : undefined;
    return typeof url !== 'string' || !(Token.isUnresolved(url) || ADDRESS.test(url));
  });
  return lost.length === 0
    ? []
    : [
        `${listed(lost)} of the API: no "servers", or the first address in it begins neither with https:// or http:// nor with a variable in braces, so that a gateway cannot know where to call; put that of the API first`,
      ];
}

function listed(operations: readonly Operation[]): string {
  const rest = operations.length - LISTED;
  const titles = operations.slice(0, LISTED).map(({ title }) => title);
  return `${titles.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
