import { nameFindings } from '../private/validation';
import { cloudFormation, eachResource, guide, type Finding, type Rule } from './rule';
import { at, literal } from './template-value';

/** Resources whose names may have underscores and no hyphens, with the property that is the name. */
const UNDERSCORE_NAMES: Readonly<Record<string, string>> = {
  Runtime: 'AgentRuntimeName',
  RuntimeEndpoint: 'Name',
  Memory: 'Name',
  CodeInterpreterCustom: 'Name',
  BrowserCustom: 'Name',
  PolicyEngine: 'Name',
  Policy: 'Name',
};

/** Patterns of the names of gateways and their targets (AgentCore API reference). */
const GATEWAY_NAME = /^([0-9a-zA-Z]-?){1,48}$/;
const TARGET_NAME = /^([0-9a-zA-Z]-?){1,100}$/;

export const NAME_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-NM1',
    level: 'error',
    title: 'Name with characters that AgentCore refuses',
    why: 'CloudFormation does not check these names, so the deployment fails only when the resource is made',
    remedy: 'Use a letter, then letters, digits and underscores, 48 at the most; hyphens are refused.',
    documentation: cloudFormation('aws-resource-bedrockagentcore-runtime'),
    check: (app) =>
      Object.entries(UNDERSCORE_NAMES).flatMap(([type, property]) =>
        eachResource([type], ({ properties }) => {
          const name = literal(at(properties, property));
          return name === undefined ? [] : nameFindings(property, name).map((problem) => ({ problem }));
        })(app),
      ),
  },
  {
    id: 'AgentCore-NM2',
    level: 'error',
    title: 'Gateway or target name with characters that AgentCore refuses',
    why: 'underscores in a target name would also make the tool names, which join target and tool with three of them, ambiguous',
    remedy: 'Use letters and digits with single hyphens between them: 48 for a gateway, 100 for a target.',
    documentation: guide('gateway-tool-naming'),
    property: 'Name',
    check: (app) => [
      ...eachResource(['Gateway'], ({ properties }) => hyphenName(at(properties, 'Name'), GATEWAY_NAME))(app),
      ...eachResource(['GatewayTarget'], ({ properties }) => hyphenName(at(properties, 'Name'), TARGET_NAME))(app),
    ],
  },
  {
    id: 'AgentCore-NM3',
    level: 'error',
    title: 'Endpoint named DEFAULT',
    why: 'AgentCore makes an endpoint of that name with every runtime, so the deployment fails',
    remedy: 'Choose another name.',
    documentation: guide('agent-runtime-versioning'),
    property: 'Name',
    check: eachResource(['RuntimeEndpoint'], ({ properties }) =>
      literal(at(properties, 'Name'))?.toUpperCase() === 'DEFAULT'
        ? [{ problem: 'the endpoint is named "DEFAULT", which AgentCore makes itself' }]
        : [],
    ),
  },
];

function hyphenName(value: unknown, pattern: RegExp): Omit<Finding, 'resource'>[] {
  const name = literal(value);
  return name === undefined || pattern.test(name) ? [] : [{ problem: `Name "${name}" is not a valid name` }];
}
