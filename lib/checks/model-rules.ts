import { Actions } from '../iam/actions';
import { allowsAny } from './policy-statement';
import { covers, shortName } from './resource-pattern';
import { eachResourceOfStatements, eachRole } from './role-rules';
import { guide, type Rule } from './rule';
import { printed } from './template-value';

const OTHER_MODELS = ['foundation-model/other.model-v1:0', 'inference-profile/us.other.model-v1:0'];
const FOUNDATION_MODEL = /:foundation-model\/(.+)$/;
/** A profile of AWS: a geography, or `global`, and the model. */
const INFERENCE_PROFILE = /:inference-profile\/[a-z-]+\.(.+)$/;

export const MODEL_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-MD1',
    level: 'error',
    title: 'Permission to call every model',
    why: 'the agent, or whoever misleads it, can call the most expensive model there is, and any that is not approved',
    remedy: 'Name the inference profiles and the foundation models that the agent uses.',
    documentation: guide('runtime-security-best-practices'),
    property: 'PolicyDocument',
    check: eachResourceOfStatements(Actions.INVOKE_MODEL, (resource) =>
      OTHER_MODELS.some((other) => covers(resource, 'bedrock', other))
        ? `every model can be called through ${printed(resource)}`
        : undefined,
    ),
  },
  {
    id: 'AgentCore-MD2',
    level: 'warning',
    title: 'Foundation model that can be called past its inference profile',
    why: 'calls that name the model itself leave the geography of the profile and its cost allocation',
    remedy: 'Add the condition bedrock:InferenceProfileArn to the statement of the foundation model.',
    documentation: 'https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html',
    property: 'PolicyDocument',
    check: eachRole(({ statements }) => {
      const invocations = statements.filter(({ statement }) => allowsAny(statement, Actions.INVOKE_MODEL));
      const profiled = new Set(
        invocations.flatMap(({ statement }) =>
          statement.resources.flatMap((one) => INFERENCE_PROFILE.exec(one)?.[1] ?? []),
        ),
      );
      return invocations
        .filter(({ statement }) => !statement.conditions.has('bedrock:inferenceprofilearn'))
        .flatMap(({ policy, statement }) =>
          statement.resources
            .filter((resource) => profiled.has(FOUNDATION_MODEL.exec(resource)?.[1] ?? ''))
            .map((resource) => ({
              resource: policy,
              detail: shortName(resource),
              problem: `${printed(resource)} can be called without its inference profile`,
            })),
        );
    }),
  },
];
