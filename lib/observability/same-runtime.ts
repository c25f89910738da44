import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { resourceOf } from '../private/arn-environment';
import type { IInvocationTarget } from '../runtime/invocation-target';

/** Whether two lead to one runtime. */
export function isSameRuntime(one: IInvocationTarget, other: IInvocationTarget): boolean {
  return runtimeOf(one) === runtimeOf(other);
}

/** Whether two lead to different runtimes, as far as that is known at synthesis. */
export function isOtherRuntime(one: IInvocationTarget, other: IInvocationTarget): boolean {
  const runtimes = [runtimeOf(one), runtimeOf(other)];
  const areKnown = runtimes.every((runtime) => !Token.isUnresolved(runtime));
  return areKnown && typeof runtimes[0] === typeof runtimes[1] && runtimes[0] !== runtimes[1];
}

/** The resource of the app, or the ARN: what its metrics are kept under. */
function runtimeOf(target: IInvocationTarget): IConstruct | string {
  const arn = String(target.metricInvocations().dimensions?.Resource);
  return resourceOf(arn) ?? arn;
}
