// The parts of dynalite below its HTTP server, which come without types.
declare module 'dynalite/db' {
  interface Store {
    readonly db: { close(done: (error?: Error) => void): void };
  }
  function create(options: {
    readonly path: string;
    readonly createTableMs: number;
    readonly deleteTableMs: number;
    readonly updateTableMs: number;
  }): Store;
  export { create, Store };
}

declare module 'dynalite/validations' {
  import type { Store } from 'dynalite/db';

  type Input = Record<string, unknown>;
  function checkTypes(input: Input, types: unknown): Input;
  /** Adds what it read from expressions to `input`. */
  function checkValidations(input: Input, types: unknown, custom: unknown, store: Store): void;
  export { checkTypes, checkValidations };
}
