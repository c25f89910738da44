import type * as CedarWasm from '@cedar-policy/cedar-wasm/nodejs';

/** The optional peer that checks and decides Cedar policies. */
export const CEDAR_PACKAGE = '@cedar-policy/cedar-wasm';

/** The Cedar engine, or undefined in an app that does not have it. Loaded when it is asked for: it is some megabytes. */
export function cedarEngine(): typeof CedarWasm | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would make the optional peer required
    return require('@cedar-policy/cedar-wasm/nodejs') as typeof CedarWasm;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}
