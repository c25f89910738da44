import Ajv2020 from 'ajv/dist/2020';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const OPENAPI_FILE = join(__dirname, '..', '..', '..', 'agent-image', 'openapi.json');

interface Response {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Readonly<Record<string, unknown>>;
}

interface Schema {
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly oneOf?: readonly { readonly $ref: string }[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

export interface OpenApi {
  readonly info: { readonly version: string };
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Response>> }>>>
  >;
  readonly components: {
    readonly responses: Readonly<Record<string, Response>>;
    readonly schemas: Readonly<Record<string, Schema>>;
  };
}

export const openApi = JSON.parse(readFileSync(OPENAPI_FILE, 'utf8')) as OpenApi;

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addFormat('date-time', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/);
ajv.addSchema(openApi, 'openapi');

/** What is wrong with `value` by the schema at `pointer` of the document; empty when nothing is. */
export function findings(pointer: string, value: unknown): string[] {
  const validate = ajv.getSchema(`openapi#${pointer}`);
  if (!validate) {
    throw new Error(`the document has nothing at ${pointer}`);
  }
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

export function schemaFindings(name: string, value: unknown): string[] {
  return findings(`/components/schemas/${name}`, value);
}

/** Expects an answer of `POST /invocations`, or of `path`, to be one that the document describes; gives its body. */
export async function expectDescribed(
  answer: globalThis.Response,
  path = '/invocations',
  method = 'post',
): Promise<unknown> {
  const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
  const text = await answer.text();
  const pointer = `${pointerOf(path, method, answer.status)}/content/${escape(type)}/schema`;
  const body: unknown = type === 'text/event-stream' ? eventsOf(text) : JSON.parse(text);
  for (const value of Array.isArray(body) ? body : [body]) {
    expect({ value, findings: findings(pointer, value) }).toEqual({ value, findings: [] });
  }
  return body;
}

function pointerOf(path: string, method: string, status: number): string {
  const response = openApi.paths[path]?.[method]?.responses[status];
  if (!response) {
    throw new Error(`the document has no response ${status} of ${method} ${path}`);
  }
  return response.$ref?.slice(1) ?? `/paths/${escape(path)}/${method}/responses/${status}`;
}

/** Of a JSON Pointer. */
function escape(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}

function eventsOf(stream: string): unknown[] {
  const lines = stream.split('\n').filter((line) => line.startsWith('data: '));
  return lines.map((line) => JSON.parse(line.slice('data: '.length)) as unknown);
}
