import { isRecord } from '../../../lib/testing/policy';
import { ApiReferences } from './api-references';
import type { InputSchema } from './gateway-tool';
import { TargetFault } from './target-fault';

/** A parameter that goes into the address or the headers. */
export interface ApiParameter {
  readonly name: string;
  readonly place: 'path' | 'query' | 'header';
}

/** Where the JSON body of an operation comes from. */
export type ApiBody =
  | { readonly kind: 'none' }
  /** An object of the inputs with these names; where none of them is given, only a required one is sent. */
  | { readonly kind: 'fields'; readonly names: readonly string[]; readonly isRequired: boolean }
  /** The input with this name. */
  | { readonly kind: 'whole'; readonly name: string };

/** An operation of an API that can be called. */
export interface ApiOperation {
  /** Its `operationId`. */
  readonly name: string;
  readonly description: string;
  /** In capital letters. */
  readonly method: string;
  /** With braces where path parameters go. */
  readonly path: string;
  readonly parameters: readonly ApiParameter[];
  readonly body: ApiBody;
  readonly inputSchema: InputSchema;
}

/** What can be called of an API. */
export interface ApiDescription {
  readonly server: string;
  readonly operations: readonly ApiOperation[];
  /** A clause for each operation that cannot be called. */
  readonly leftOut: readonly string[];
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];
const JSON_TYPE = 'application/json';
/** The name of the input for a body that is no object with fields. */
const BODY = 'body';
/** How each place writes a parameter where the document does not say. Source: OpenAPI 3.0.3, style. */
const STYLES: ReadonlyMap<unknown, string> = new Map([
  ['path', 'simple'],
  ['query', 'form'],
  ['header', 'simple'],
]);

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads an OpenAPI document. What AgentCore itself does not take ("OpenAPI schema targets", considerations) is left out.
 *
 * @throws TargetFault when it is none, or when it names no server
 */
export function readApiDescription(text: string): ApiDescription {
  const document = parse(text);
  const [server] = Array.isArray(document.servers) ? (document.servers as unknown[]) : [];
  const url = isRecord(server) ? server.url : undefined;
  if (typeof url !== 'string' || url.includes('{')) {
    throw new TargetFault('the description of its API names no server without variables (servers[0].url)');
  }
  const operations: ApiOperation[] = [];
  const leftOut: string[] = [];
  for (const [path, item] of Object.entries(isRecord(document.paths) ? document.paths : {})) {
    if (!isRecord(item)) continue;
    for (const method of METHODS.filter((name) => isRecord(item[name]))) {
      try {
        operations.push(readOperation(new ApiReferences(document), path, method, item));
      } catch (error) {
        if (!(error instanceof TargetFault)) throw error;
        leftOut.push(`${method.toUpperCase()} ${path} is no tool: ${error.message}`);
      }
    }
  }
  return { server: url, operations, leftOut };
}

function parse(text: string): Json {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new TargetFault('the description of its API is not JSON, the one form that is read locally');
  }
  if (isRecord(document) && typeof document.openapi === 'string' && /^3\.[01]\./.test(document.openapi))
    return document;
  throw new TargetFault('the description of its API is no OpenAPI document of version 3.0 or 3.1');
}

/** @throws TargetFault saying why it cannot be called */
function readOperation(references: ApiReferences, path: string, method: string, item: Json): ApiOperation {
  const operation = item[method] as Json;
  const { operationId: name, description, summary, requestBody } = operation;
  if (typeof name !== 'string' || name === '') throw new TargetFault('it has no operationId');

  const parameters = new Map<string, Json>();
  for (const given of [...list(item.parameters), ...list(operation.parameters)]) {
    const one = references.followed(given);
    if (isRecord(one)) parameters.set(`${String(one.in)} ${String(one.name)}`, one);
  }
  const inputs: Input[] = [...parameters.values()]
    .filter((one) => !isIgnored(one))
    .map((one) => parameterInput({ ...one, schema: references.inlined(one.schema) }));
  const unfilled = [...path.matchAll(/\{([^{}]*)\}/g)]
    .map(([, part = '']) => part)
    .find((part) => !inputs.some((input) => input.place === 'path' && input.name === part));
  if (unfilled !== undefined) throw new TargetFault(`it declares no parameter "${unfilled}" of its path`);
  const body = bodyInputs(references.followed(requestBody), references);
  const all = [...inputs, ...body.inputs];
  const twice = all.find((input, index) => all.findIndex((other) => other.name === input.name) !== index);
  if (twice !== undefined) throw new TargetFault(`two of its inputs are called "${twice.name}"`);
  const required = all.filter((input) => input.isRequired).map((input) => input.name);
  return {
    name,
    description: [description, summary].find((text) => typeof text === 'string') ?? `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    parameters: inputs.flatMap(({ name: input, place }) => (place === undefined ? [] : [{ name: input, place }])),
    body: body.kind,
    inputSchema: {
      type: 'object',
      properties: Object.fromEntries(all.map((input) => [input.name, input.schema])),
      ...(required.length === 0 ? {} : { required }),
    },
  };
}

interface Input {
  readonly name: string;
  readonly schema: Json;
  readonly isRequired: boolean;
  /** Undefined for a part of the body. */
  readonly place?: ApiParameter['place'];
}

/** Headers that say what OpenAPI says elsewhere. Source: OpenAPI 3.0.3, parameter object. */
function isIgnored({ in: place, name }: Json): boolean {
  return place === 'header' && ['accept', 'content-type', 'authorization'].includes(String(name).toLowerCase());
}

function parameterInput({ name: given, in: place, schema, required, description, style, explode }: Json): Input {
  const name = String(given);
  const usual = STYLES.get(place);
  const isSimple = usual !== undefined && isRecord(schema) && (style === undefined || style === usual);
  const types = isRecord(schema) ? [schema.type].flat() : [];
  const isList = types.includes('array');
  if (!isSimple || types.includes('object') || (isList && place !== 'query')) {
    throw new TargetFault(`its parameter "${name}" is not a simple one of the path, the query or the headers`);
  }
  if (isList && explode === false) {
    throw new TargetFault(`its parameter "${name}" is a list that is sent as one value (explode: false)`);
  }
  return {
    name,
    schema: { ...(typeof description === 'string' ? { description } : {}), ...schema },
    isRequired: required === true || place === 'path',
    place: place as ApiParameter['place'],
  };
}

/** The fields of a body stand beside the parameters; a body without fields is an input of its own. */
function bodyInputs(
  requestBody: unknown,
  references: ApiReferences,
): { readonly kind: ApiBody; readonly inputs: readonly Input[] } {
  if (!isRecord(requestBody)) return { kind: { kind: 'none' }, inputs: [] };
  const content = isRecord(requestBody.content) ? requestBody.content : {};
  const media = content[JSON_TYPE];
  if (!isRecord(media)) {
    throw new TargetFault(
      `its body is ${Object.keys(content).join(', ') || 'of no type'}; ${JSON_TYPE} is sent locally`,
    );
  }
  const inlined = references.inlined(media.schema);
  const schema = isRecord(inlined) ? inlined : {};
  const isRequired = requestBody.required === true;
  if (!isRecord(schema.properties)) {
    return { kind: { kind: 'whole', name: BODY }, inputs: [{ name: BODY, schema, isRequired }] };
  }
  const required = Array.isArray(schema.required) ? (schema.required as unknown[]) : [];
  const inputs = Object.entries(schema.properties).map(([name, property]) => ({
    name,
    schema: isRecord(property) ? property : {},
    isRequired: isRequired && required.includes(name),
  }));
  return { kind: { kind: 'fields', names: inputs.map(({ name }) => name), isRequired }, inputs };
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isRecord) : [];
}
