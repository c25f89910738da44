import { environmentFindings, environmentSizeFindings } from '../private/environment-findings';
import type { CheckedResource } from './checked-app';
import { eachResource, guide, type Rule } from './rule';
import { at, intrinsic, isRecord, knownPart, text } from './template-value';

const RUNTIMES = ['Runtime', 'Harness'];

/** What a secret looks like. Only what cannot be mistaken: a random text of no known form is not reported. */
const SECRET_FORMS: readonly (readonly [form: string, pattern: RegExp])[] = [
  ['an AWS access key id', /\b(AKIA|ASIA)[A-Z2-7]{16}\b/],
  ['an Anthropic API key', /\bsk-ant-[A-Za-z0-9_-]{8,}/],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ['a GitHub token', /\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})/],
  ['a value of Secrets Manager, which the deployment writes out', /\{\{resolve:secretsmanager:/],
];

export const ENVIRONMENT_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-EV1',
    level: 'error',
    title: 'Environment variable that AgentCore refuses',
    why: 'the deployment fails after minutes',
    remedy: 'Use at most 50 variables with names of letters, digits and underscores and values of 2048 characters.',
    documentation: guide('bedrock-agentcore-limits'),
    property: 'EnvironmentVariables',
    check: eachResource(RUNTIMES, (resource) => {
      const before: Record<string, string> = {};
      return variables(resource).flatMap(({ name, value }) => {
        const problems = environmentFindings(before, name, knownPart(value));
        before[name] = value;
        return problems.map((problem) => ({ detail: name, problem }));
      });
    }),
  },
  {
    id: 'AgentCore-EV2',
    level: 'error',
    title: 'Environment larger than AgentCore allows',
    why: 'the limit is for all variables together, and CloudFormation checks only each of them',
    remedy: 'Keep long values in the image, in Amazon S3 or in Systems Manager, and pass their names.',
    documentation: guide('runtime-how-it-works'),
    property: 'EnvironmentVariables',
    check: eachResource(['Runtime'], (resource) => {
      const version = text(at(resource.properties, 'PlatformVersion')) ?? '';
      if (at(resource.properties, 'AgentRuntimeArtifact', 'ContainerConfiguration') === undefined) return [];
      const known = Object.fromEntries(variables(resource).map(({ name, value }) => [name, knownPart(value)]));
      return environmentSizeFindings(known, version).map((problem) => ({ problem }));
    }),
  },
  {
    id: 'AgentCore-EV3',
    level: 'error',
    title: 'Secret in a plain environment variable',
    why: 'everyone who may read the runtime or the template can read it, and it stays in every version',
    remedy:
      'Store it in Secrets Manager, pass the ARN, and let the agent read the value. Replace the secret that was exposed.',
    documentation: guide('runtime-security-best-practices'),
    property: 'EnvironmentVariables',
    check: eachResource(RUNTIMES, (resource) =>
      variables(resource).flatMap(({ name, value }) =>
        SECRET_FORMS.filter(([, pattern]) => pattern.test(value)).map(([form]) => ({
          detail: name,
          problem: `environment variable "${name}" holds ${form}`,
        })),
      ),
    ),
  },
];

/** The variables with the text of their values, in which what is not known is marked. */
function variables({ properties }: CheckedResource): { readonly name: string; readonly value: string }[] {
  const environment = at(properties, 'EnvironmentVariables');
  if (!isRecord(environment) || intrinsic(environment) !== undefined) return [];
  return Object.entries(environment)
    .filter(([, value]) => at(value) !== undefined)
    .map(([name, value]) => ({ name, value: text(value) ?? '' }));
}
