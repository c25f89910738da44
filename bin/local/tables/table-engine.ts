import { create, type Store } from 'dynalite/db';
import { checkTypes, checkValidations } from 'dynalite/validations';
import { RequestFault } from '../http-messages';

/** Input or output of an operation, as it is on the wire. */
export type Document = Record<string, unknown>;

/** What the engine can do of Amazon DynamoDB. */
const OPERATIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'ListTables',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
] as const;

export type TableOperation = (typeof OPERATIONS)[number];

interface Rules {
  readonly types: unknown;
  readonly custom: unknown;
}

type Action = (store: Store, input: Document, done: (error: unknown, output?: Document) => void) => void;

/** How the engine reports what is wrong with a request. */
interface EngineError {
  readonly statusCode?: number;
  readonly body?: { readonly __type?: string; readonly message?: string; readonly Message?: string };
}

export function isTableOperation(name: string): name is TableOperation {
  return OPERATIONS.some((one) => one === name);
}

/** The operations of Amazon DynamoDB over files, by dynalite: its engine, without its server and without its network. */
export class TableEngine {
  private readonly store: Store;

  /** @param directory where the items of this and earlier runs are */
  constructor(directory: string) {
    this.store = create({ path: directory, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  }

  /**
   * Checks an input as the service does.
   *
   * @returns the input with its key condition, if it has one, also as `KeyConditions`
   * @throws RequestFault with the codes of the service
   */
  public check(operation: TableOperation, input: Document): Document {
    const { types, custom } = load<Rules>('validations', operation);
    try {
      const checked = checkTypes(input, types);
      checkValidations(checked, types, custom, this.store);
      return checked;
    } catch (error) {
      throw asFault(error);
    }
  }

  /**
   * Does an operation.
   *
   * @param checked what {@link check} gave
   * @throws RequestFault with the codes of the service
   */
  public async execute(operation: TableOperation, checked: Document): Promise<Document> {
    const action = load<Action>('actions', operation);
    return new Promise((resolve, reject) => {
      action(this.store, checked, (error, output) => {
        if (error === null || error === undefined) resolve(output ?? {});
        else reject(asFault(error));
      });
    });
  }

  public async close(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.store.db.close((error) => {
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
    });
  }
}

/** A module of dynalite is named after its operation. */
function load<T>(folder: 'actions' | 'validations', operation: TableOperation): T {
  const file = operation.charAt(0).toLowerCase() + operation.slice(1);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the name is only known now
  return require(`dynalite/${folder}/${file}`) as T;
}

function asFault(error: unknown): Error {
  const { statusCode, body } = error as EngineError;
  if (statusCode === undefined) return error instanceof Error ? error : new Error(String(error));
  const code = body?.__type?.split('#').pop() ?? 'InternalServerError';
  return new RequestFault(statusCode, code, body?.message ?? body?.Message ?? code);
}
