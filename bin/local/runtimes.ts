import { ResolvedTemplate } from '../../lib/testing';
import type { Assembly, AssemblyStack } from './assembly';
import { readRuntime, type LocalRuntime } from './resources/runtime';
import { standInValues } from './stand-in-values';

const RUNTIME = 'AWS::BedrockAgentCore::Runtime';

/** Types that exist on AWS only, or that are read where they are needed: their absence here changes no behaviour. */
const NOTHING_TO_RUN =
  /^AWS::(BedrockAgentCore::Runtime(Endpoint)?|CDK::Metadata|IAM::.+|Logs::.+|CloudWatch::.+|ECR::Repository)$/;

/**
 * The runtimes of an assembly that can be run here. What cannot be is told, one line each.
 *
 * @param place account and Region of stacks that name none
 * @throws Error when there is none to run
 */
export function readRuntimes(
  assembly: Assembly,
  place: { readonly account: string; readonly region: string },
  log: (line: string) => void,
): LocalRuntime[] {
  const found: LocalRuntime[] = [];
  const refused: string[] = [];
  const skipped = new Set<string>();
  for (const { stack, template } of resolvedStacks(assembly, place)) {
    for (const { logicalId, type } of template.resources()) {
      if (!NOTHING_TO_RUN.test(type)) skipped.add(type);
      if (type !== RUNTIME) continue;
      try {
        found.push(readRuntime(assembly, stack, template, logicalId));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        refused.push(`${logicalId} of stack ${stack.name} cannot be run locally: ${reason}`);
      }
    }
  }
  if (skipped.size > 0) log(`not run locally, and skipped: ${[...skipped].sort().join(', ')}`);
  if (found.length === 0) {
    throw new Error(
      refused.length > 0
        ? `no runtime of the app can be run locally\n${refused.join('\n')}`
        : `there is nothing to run: no stack of the app has a resource of type ${RUNTIME} (nested stacks are not looked into)`,
    );
  }
  for (const line of refused) log(line);
  return found;
}

interface ResolvedStack {
  readonly stack: AssemblyStack;
  readonly template: ResolvedTemplate;
}

/** The stacks of an assembly, each able to import what the others export. */
function resolvedStacks(
  assembly: Assembly,
  place: { readonly account: string; readonly region: string },
): ResolvedStack[] {
  const resolved: ResolvedStack[] = [];
  for (const stack of assembly.stacks) {
    const account = stack.account ?? place.account;
    const region = stack.region ?? place.region;
    const template = new ResolvedTemplate(stack.template, {
      account,
      region,
      stackName: stack.name,
      ...standInValues(stack.template, { account, region }),
      imports: (name) => resolved.map((other) => other.template.exported(name)).find((value) => value !== undefined),
    });
    resolved.push({ stack, template });
  }
  return resolved;
}

/**
 * The runtime that the short path serves: the one called `name`, or the first.
 *
 * @throws Error naming those there are
 */
export function chooseRuntime(runtimes: readonly LocalRuntime[], name: string | undefined): LocalRuntime {
  const chosen =
    name === undefined ? runtimes[0] : runtimes.find((runtime) => runtime.name === name || runtime.arn === name);
  if (chosen === undefined) {
    throw new Error(
      `there is no runtime "${name ?? ''}" to run; there is ${runtimes.map((one) => one.name).join(', ')}`,
    );
  }
  return chosen;
}
