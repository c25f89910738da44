import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Log } from '../log.ts';
import { errorName } from '../tools/error-name.ts';
import type { UserCredentials } from '../workspace/user-credentials.ts';
import { type FollowedRun, rowOfRun } from './row-of-run.ts';
import { type RowOwner, rowUpdate, type SessionChange } from './row-update.ts';
import { quickService } from '../quick-service.ts';

export interface SessionRowsOptions extends RowOwner {
  readonly region: string;
  /** Of the session's user: the agent itself reaches no row. Called once, before the first write. */
  readonly credentials: () => Promise<UserCredentials>;
  readonly log: Log;
  /** Milliseconds since 1970; the machine's clock by default. */
  readonly now?: () => number;
}

/** How long the end of a session waits for its row, in milliseconds: a container that stops has little time. */
const CLOSE_MS = 2_000;

/**
 * The row of a session in the list of its user's sessions. A list is a convenience: nothing waits for it, and nothing fails
 * with it.
 */
export class SessionRows {
  readonly #options: SessionRowsOptions;
  #client: Promise<DynamoDBClient> | undefined;
  /** What was not written yet; a later change takes the place of what an earlier one says of the same. */
  #pending: SessionChange | undefined;
  /** Whether there is something in it that no write has tried. */
  #isNew = false;
  #writing: Promise<void> | undefined;
  /** That were begun, or wait. */
  #runs = 0;
  /** Why the last write failed, which is told once. */
  #failed: string | undefined;

  constructor(options: SessionRowsOptions) {
    this.#options = options;
  }

  /**
   * Tells what a run does, from now to its end; while runs wait behind it, the session goes on running.
   *
   * @param prompt what was asked; missing when the run goes on after questions
   */
  follow(run: FollowedRun, prompt?: string): void {
    this.#runs += 1;
    this.change({ status: 'running', ...(prompt !== undefined && { prompt }) });
    void run.finished.then((outcome) => {
      this.#runs -= 1;
      const row = rowOfRun(outcome, run.content.content.response);
      this.change(this.#runs > 0 ? { ...row, status: 'running' } : row);
    });
  }

  /** Questions were closed without a run that goes on. */
  abandoned(): void {
    if (this.#runs === 0) this.change({ status: 'idle' });
  }

  /** Has the row changed; returns at once. Changes that come while one is written are written together. */
  change(change: SessionChange): void {
    this.#pending = { ...withoutInterrupts(this.#pending), ...change };
    this.#isNew = true;
    this.#writing ??= this.#write();
  }

  /** Waits two seconds at most for what is still to be written; never rejects. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
    await Promise.race([this.#writing, late]);
    clearTimeout(timer);
    // Not waited for: it may hang for want of credentials.
    this.#client?.then(
      (client) => client.destroy(),
      () => undefined,
    );
    this.#client = undefined;
  }

  async #write(): Promise<void> {
    const { log, now = Date.now } = this.#options;
    while (this.#isNew && this.#pending) {
      const change = this.#pending;
      this.#pending = undefined;
      this.#isNew = false;
      try {
        const [client, { UpdateItemCommand }] = await Promise.all([this.#opened(), import('@aws-sdk/client-dynamodb')]);
        await client.send(new UpdateItemCommand(rowUpdate(this.#options, change, now())));
        this.#failed = undefined;
      } catch (error) {
        if (isDeleted(error)) continue;
        // Not tried again by itself: it goes with the next change.
        this.#giveBack(change);
        this.#tellFailure(error, log);
      }
    }
    this.#writing = undefined;
  }

  /** What was not written; what came meanwhile takes its place. */
  #giveBack(change: SessionChange): void {
    this.#pending = this.#pending ? { ...withoutInterrupts(change), ...this.#pending } : change;
  }

  /** The name only, but of errors of this program: other messages may repeat what was sent. */
  #tellFailure(error: unknown, log: Log): void {
    const name = errorName(error);
    if (this.#failed === name) return;
    this.#failed = name;
    const own = name === 'WorkspaceUnavailable' && error instanceof Error ? { detail: error.message } : {};
    log('warn', 'the list of sessions could not be brought up to date', {
      ...{ table: this.#options.table, code: 'SESSION_ROW_NOT_WRITTEN', reason: name },
      ...own,
      remedy: REMEDIES[name] ?? 'find out whether the agent reaches DynamoDB',
    });
  }

  #opened(): Promise<DynamoDBClient> {
    const opening = (this.#client ??= this.#open());
    opening.catch(() => (this.#client = undefined));
    return opening;
  }

  /** Loaded here, so that only an agent with a table waits for the client of AWS. */
  async #open(): Promise<DynamoDBClient> {
    const { region, credentials } = this.#options;
    const [{ DynamoDBClient: Client }, given] = await Promise.all([import('@aws-sdk/client-dynamodb'), credentials()]);
    return new Client({
      region,
      credentials: given,
      ...quickService(4_000),
    });
  }
}

/** The user has deleted the session from the list, and nothing of it is to come back. */
function isDeleted(error: unknown): boolean {
  return errorName(error) === 'ConditionalCheckFailedException';
}

const REMEDIES: Readonly<Record<string, string>> = {
  AccessDeniedException:
    "let the user role call dynamodb:UpdateItem on the table where dynamodb:LeadingKeys is the user's, and use its KMS key when it has one",
  ResourceNotFoundException:
    'there is no such table in this Region; set AGENT_SESSION_TABLE to the one of the deployment',
  ProvisionedThroughputExceededException: 'give the table more capacity, or on-demand capacity',
  WorkspaceUnavailable: 'the detail names what is missing',
};

/** How many questions are open is said anew with each change. */
function withoutInterrupts(change: SessionChange | undefined): Partial<SessionChange> {
  return { ...change, pendingInterrupts: 0 };
}
