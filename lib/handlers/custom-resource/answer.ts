/** Where and as what CloudFormation waits for an answer. */
export interface AnsweredRequest {
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
}

/** Stands for a resource that was never made; CloudFormation then asks to delete it. */
export const NOT_MADE = 'not-made';

/** CloudFormation refuses answers of more than 4 KB. */
const MAX_REASON_CHARACTERS = 1000;

/**
 * Does what `request` asks and tells CloudFormation how it ended. Without an answer a stack would wait for an hour.
 *
 * @param physicalId does it, and gives the physical id of the resource
 * @throws Error when CloudFormation does not take the answer; AWS Lambda then tries once more
 */
export async function answered(request: AnsweredRequest, physicalId: () => Promise<string>): Promise<void> {
  const { StackId, RequestId, LogicalResourceId } = request;
  const outcome = await physicalId().then(
    (PhysicalResourceId) => ({ Status: 'SUCCESS', PhysicalResourceId }),
    (error: unknown) => ({
      Status: 'FAILED',
      PhysicalResourceId: request.PhysicalResourceId ?? NOT_MADE,
      Reason: (error instanceof Error ? error.message : String(error)).slice(0, MAX_REASON_CHARACTERS),
    }),
  );
  const response = await fetch(request.ResponseURL, {
    method: 'PUT',
    // The address is signed for a request without a content type.
    headers: { 'content-type': '' },
    body: JSON.stringify({ ...outcome, StackId, RequestId, LogicalResourceId }),
  });
  if (!response.ok)
    throw new Error(`CloudFormation answered ${response.status} to the outcome of ${LogicalResourceId}`);
}
