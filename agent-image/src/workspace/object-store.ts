import type { ObjectSource } from './format/object-source.ts';

/** What must hold of an object for it to be written: it has this tag, or there is none. */
export type WriteCondition = { readonly etag: string } | 'absent';

export interface ListedObject {
  readonly key: string;
  readonly modified: Date;
}

/** The objects of one workspace; keys are relative to it. Its methods throw {@link WorkspaceUnavailable}. */
export interface ObjectStore extends ObjectSource {
  /**
   * Writes an object.
   *
   * @returns its tag
   * @throws ConditionFailed, ConditionConflict
   */
  put(key: string, body: Buffer, condition?: WriteCondition): Promise<string>;
  /**
   * The tag that an object has now; undefined when there is none.
   *
   * @param known the tag that it is likely to have: then its content does not travel
   */
  tagOf(key: string, known: string | undefined): Promise<string | undefined>;
  /** All objects whose key begins with `prefix`. */
  list(prefix: string): AsyncIterable<ListedObject>;
  remove(keys: readonly string[]): Promise<void>;
  close(): void;
}

/** The condition does not hold, so nothing was written. */
export class ConditionFailed extends Error {}

/** Another write of the same object was under way, so nothing was written; it may be tried again. */
export class ConditionConflict extends Error {}

/** Someone else has committed to the workspace since it was read. */
export class WorkspaceFenced extends Error {
  constructor() {
    super('Another container has kept a later state of the session.');
    this.name = 'WorkspaceFenced';
  }
}

/** The objects cannot be reached; the message tells an operator what to do. */
export class WorkspaceUnavailable extends Error {
  constructor(what: string, reason: string) {
    super(`${what}: ${reason}.`);
    this.name = 'WorkspaceUnavailable';
  }
}
