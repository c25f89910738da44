import {
  type HistoryMessage,
  PERMISSION_MODES,
  type PermissionMode,
  type ResumeEntry,
  type RunChoices,
} from '../protocol.ts';
import { invalid, isObject, kindOf, quoted, readList, readText, refuseUnknownFields } from './fields.ts';

/** Fields that either form may have: in the short form by themselves, in `RunAgentInput` within `forwardedProps`. */
export const CHOICE_FIELDS = ['model', 'systemPrompt', 'tools', 'permissionMode'];

/** Entries of a list in a request; more are a mistake or an attack. */
const MAX_ENTRIES = { tools: 200, history: 10_000, resume: 200 };

/** Longest id of a question that is looked up, in characters. */
const MAX_INTERRUPT_ID = 256;

/** Levels of arguments: no tool takes more, and programs that read them may fail. */
const MAX_DEPTH = 64;

/** AG-UI lets clients add `metadata`, which is not read. */
const ENTRY_FIELDS = ['interruptId', 'status', 'payload', 'metadata'];
const ANSWER_FIELDS = ['approved', 'scope', 'editedArgs', 'message'];

export function readChoices({ model, systemPrompt, tools, permissionMode }: Record<string, unknown>): RunChoices {
  return {
    ...(model === undefined ? {} : { model: readText('"model"', model) }),
    ...(systemPrompt === undefined ? {} : { systemPrompt: readText('"systemPrompt"', systemPrompt) }),
    ...(tools === undefined
      ? {}
      : { tools: readList('"tools"', tools, MAX_ENTRIES.tools).map((tool) => readText('a name in "tools"', tool)) }),
    ...(permissionMode === undefined ? {} : { permissionMode: readMode(permissionMode) }),
  };
}

export function readHistory(value: unknown): HistoryMessage[] {
  if (value === undefined) {
    return [];
  }
  return readList('"history"', value, MAX_ENTRIES.history).map((message) => {
    if (!isObject(message)) {
      throw invalid(`"history" must have objects {role, content}, not ${kindOf(message)}`);
    }
    const { role, content } = message;
    if (role !== 'user' && role !== 'assistant') {
      throw invalid(`a role in "history" must be "user" or "assistant", not ${quoted(role)}`);
    }
    return { role, content: readText('a content in "history"', content) };
  });
}

/** Answers to questions; undefined when there are none. */
export function readResume(value: unknown): ResumeEntry[] | undefined {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) {
    return undefined;
  }
  return readList('"resume"', value, MAX_ENTRIES.resume).map(readEntry);
}

function readEntry(entry: unknown): ResumeEntry {
  if (!isObject(entry)) {
    throw invalid(`"resume" must have objects {interruptId, status, payload}, not ${kindOf(entry)}`);
  }
  refuseUnknownFields(entry, ENTRY_FIELDS, 'an entry of "resume"');
  const { status, payload } = entry;
  const interruptId = readText('"interruptId"', entry.interruptId);
  if (interruptId.length > MAX_INTERRUPT_ID) {
    throw invalid(
      `"interruptId" has ${interruptId.length} characters: no question has one of more than ${MAX_INTERRUPT_ID}`,
    );
  }
  if (status === 'cancelled') {
    return { interruptId, status };
  }
  if (status !== 'resolved') {
    throw invalid(`a status in "resume" must be "resolved" or "cancelled", not ${quoted(status)}`);
  }
  return { interruptId, status, payload: readAnswer(payload) };
}

function readAnswer(payload: unknown): NonNullable<ResumeEntry['payload']> {
  if (!isObject(payload)) {
    throw invalid(`a resolved entry of "resume" needs a "payload" with "approved", not ${kindOf(payload)}`);
  }
  refuseUnknownFields(payload, ANSWER_FIELDS, 'a "payload"');
  const { approved, scope, editedArgs, message } = payload;
  if (typeof approved !== 'boolean') {
    throw invalid(`"approved" must be true or false, not ${kindOf(approved)}`);
  }
  if (scope !== undefined && scope !== 'once' && scope !== 'session') {
    throw invalid(`"scope" must be "once" or "session", not ${quoted(scope)}`);
  }
  if (editedArgs !== undefined && !isObject(editedArgs)) {
    throw invalid(`"editedArgs" must be an object, not ${kindOf(editedArgs)}`);
  }
  if (isDeeperThan(MAX_DEPTH, editedArgs)) {
    throw invalid(`"editedArgs" is nested deeper than ${MAX_DEPTH} levels`);
  }
  return {
    approved,
    ...(scope && { scope }),
    ...(editedArgs && { editedArgs }),
    ...(message === undefined ? {} : { message: readText('"message"', message) }),
  };
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  return levels === 0 || Object.values(value).some((part) => isDeeperThan(levels - 1, part));
}

function readMode(value: unknown): PermissionMode {
  const mode = PERMISSION_MODES.find((known) => known === value);
  if (mode === undefined) {
    throw invalid(`"permissionMode" must be one of ${PERMISSION_MODES.join(', ')}, not ${quoted(value)}`);
  }
  return mode;
}
