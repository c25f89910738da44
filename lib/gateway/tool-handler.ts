import { isStandardSchema, type StandardIssue } from './standard-schema';
import type { InputValue, ToolInput } from './tool-input';
import { valueProblems } from './tool-value';

export type { StandardSchema } from './standard-schema';
export type { InputValue, ToolInput } from './tool-input';
export type { ObjectToolSchema, ObjectValue, ToolSchema, ToolSchemaType, ToolValue } from './tool-schema';

/** What AWS Lambda tells a function that a gateway calls. */
export interface ToolContext {
  /**
   * The id of the call in the logs of AWS Lambda.
   *
   * @default - not known: a test has none
   */
  readonly awsRequestId?: string;

  /**
   * What the gateway tells besides the input, the name of the tool among it.
   *
   * @default - nothing: the call comes from elsewhere
   */
  readonly clientContext?: { readonly custom?: Readonly<Record<string, unknown>> } | undefined;

  /**
   * How long the function may still run, in milliseconds.
   *
   * @default - as long as it takes
   */
  readonly getRemainingTimeInMillis?: () => number;
}

/** One call of a tool. */
export interface ToolCall {
  /** The name of the tool, without the name of its target. */
  readonly name: string;
  /** Aborted shortly before the function runs out of time. */
  readonly signal: AbortSignal;
}

/** What a function answers a gateway with when a tool fails: the result of a tool in MCP, for the model to read. */
export interface ToolFailure {
  readonly isError: true;
  readonly content: readonly [{ readonly type: 'text'; readonly text: string }];
}

/** A function as AWS Lambda calls it. */
export type ToolFunction = (event: unknown, context: ToolContext) => Promise<unknown>;

/** A failure that the model is to read: say what was wrong and what would be right. Of any other error it sees nothing. */
export class ToolError extends Error {
  public override readonly name = 'ToolError';
}

/** What makes a handler. */
export interface ToolHandlerOptions<Input extends ToolInput> {
  /** The schema that the construct has too. */
  readonly input: Input;
  /** Does the work. What it returns is sent as JSON. */
  readonly handle: (input: InputValue<Input>, call: ToolCall) => unknown;
}

/** Before the function's time is up, for the answer to get out. */
const MARGIN_MILLISECONDS = 500;

/** What AWS Lambda sends back for a call that waits for it ("Lambda quotas": 6 MB). */
const MAX_RESULT_BYTES = 6 * 1024 * 1024;

/** Joins target and tool in the names that a gateway uses. */
const SEPARATOR = '___';

/**
 * The handler of a function that is one tool of a gateway: checks the input against the schema, because a function can be
 * called past the gateway, and turns failures into results that the model can read. Errors other than ToolError go to the
 * log of the function, and the model learns only that there was one.
 *
 * `export const handler = toolHandler({ input, handle: ({ orderId }) => find(orderId) });`
 */
export function toolHandler<const Input extends ToolInput>(options: ToolHandlerOptions<Input>): ToolFunction {
  return async (event, context) => {
    try {
      const value = await checked(options.input, event);
      return sendable(await inTime(context, (signal) => options.handle(value, { name: toolName(context), signal })));
    } catch (error) {
      return failure(error, context);
    }
  };
}

/** The handler of a function that is several tools of a gateway, by the names of the tools. */
export function toolHandlers(handlers: Readonly<Record<string, ToolFunction>>): ToolFunction {
  return async (event, context) => {
    const name = toolName(context);
    const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    if (handler !== undefined) return handler(event, context);
    return failed(`there is no tool "${name}" in this function; it has ${Object.keys(handlers).join(', ')}`);
  };
}

/** The name of the tool that is called, without the name of its target; empty where no gateway calls. */
export function toolName({ clientContext }: ToolContext): string {
  const qualified = clientContext?.custom?.bedrockAgentCoreToolName;
  if (typeof qualified !== 'string') return '';
  const end = qualified.indexOf(SEPARATOR);
  return end < 0 ? qualified : qualified.slice(end + SEPARATOR.length);
}

async function checked<Input extends ToolInput>(input: Input, event: unknown): Promise<InputValue<Input>> {
  if (!isStandardSchema(input)) {
    throwProblems(valueProblems(input, event));
    return event as InputValue<Input>;
  }
  const result = await input['~standard'].validate(event);
  if (result.issues !== undefined) throwProblems(result.issues.map(issueText));
  return (result as { readonly value: unknown }).value as InputValue<Input>;
}

/**
 * The result, when it can be sent: AWS Lambda would fail a call whose result is no JSON or too long, past this handler.
 *
 * @throws Error for what JSON does not have: BigInt, and objects that hold themselves
 */
function sendable(result: unknown): unknown {
  // Undefined for undefined and functions, whatever the declared type says.
  const text = JSON.stringify(result) as string | undefined;
  if (text === undefined) return null;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_RESULT_BYTES) {
    throw new ToolError(
      `the result has ${bytes} bytes, and a tool can send ${MAX_RESULT_BYTES}; ask for less, or for a part at a time`,
    );
  }
  return result;
}

function throwProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw new ToolError(`the input is not valid: ${problems.join('; ')}`);
}

function issueText({ message, path = [] }: StandardIssue): string {
  const keys = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  return `${['input', ...keys].join('.')}: ${message}`;
}

async function inTime(context: ToolContext, work: (signal: AbortSignal) => unknown): Promise<unknown> {
  const aborter = new AbortController();
  const milliseconds = context.getRemainingTimeInMillis?.();
  if (milliseconds === undefined) return work(aborter.signal);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(
      () => {
        const error = new ToolError('the tool did not finish in its time; ask for less, or try again later');
        reject(error);
        aborter.abort(error);
      },
      Math.max(0, milliseconds - MARGIN_MILLISECONDS),
    );
  });
  try {
    return await Promise.race([(async () => work(aborter.signal))(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function failure(error: unknown, { awsRequestId }: ToolContext): ToolFailure {
  if (error instanceof ToolError) return failed(error.message);
  console.error(error);
  const reference = awsRequestId === undefined ? '' : ` (request ${awsRequestId})`;
  return failed(`the tool failed for a reason that is in its log${reference}; try again later, or go on without it`);
}

function failed(text: string): ToolFailure {
  return { isError: true, content: [{ type: 'text', text }] };
}
