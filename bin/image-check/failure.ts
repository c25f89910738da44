/** The image, or something that was needed to build and run it, is not as it must be. The message is for the operator. */
export class CheckFailed extends Error {}

/** This machine cannot build and run the image. The message is one sentence that says what to do. */
export class NotPossibleHere extends Error {}

/** What went wrong, for a message: the error's own words, never its stack. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
