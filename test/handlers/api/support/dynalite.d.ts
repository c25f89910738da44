declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** A DynamoDB in memory; tables are there as soon as they are asked for. */
  function dynalite(options: { readonly createTableMs: number }): Server;
  export = dynalite;
}
