import { MAX_ENDPOINTS } from '../private/endpoint-limits';
import type { CheckedApp, CheckedResource } from './checked-app';
import { eachResource, guide, type Rule } from './rule';
import { at, intrinsic, literal, oneOrMore, printed, text } from './template-value';

export const ENDPOINT_RULES: readonly Rule[] = [
  {
    id: 'AgentCore-EP1',
    level: 'warning',
    title: 'Endpoint that follows every deployment',
    why: 'callers get a new version the moment it is deployed, and there is nothing to roll back to',
    remedy: 'Name a version number and change it to promote a release; acknowledge where following is meant.',
    documentation: guide('agent-runtime-versioning'),
    property: 'AgentRuntimeVersion',
    check: eachResource(['RuntimeEndpoint'], ({ properties }) => {
      const version = at(properties, 'AgentRuntimeVersion');
      if (version === undefined) return [{ problem: 'AgentRuntimeVersion is not set' }];
      const [name, argument] = intrinsic(version) ?? [];
      return name === 'Fn::GetAtt' && /(^|\.)AgentRuntimeVersion$/.test(oneOrMore(argument).map(String).join('.'))
        ? [{ problem: `AgentRuntimeVersion is ${printed(text(version) ?? '')}, always the newest version` }]
        : [];
    }),
  },
  {
    id: 'AgentCore-EP2',
    level: 'error',
    title: 'Endpoint with something that is no version',
    why: 'the deployment fails',
    remedy: 'Versions are whole numbers from 1 to 99999, which AgentCore counts itself.',
    documentation: guide('agent-runtime-versioning'),
    property: 'AgentRuntimeVersion',
    check: eachResource(['RuntimeEndpoint'], ({ properties }) => {
      const version = literal(at(properties, 'AgentRuntimeVersion'));
      return version === undefined || /^[1-9][0-9]{0,4}$/.test(version)
        ? []
        : [{ problem: `AgentRuntimeVersion "${version}" is no version` }];
    }),
  },
  {
    id: 'AgentCore-EP3',
    level: 'error',
    title: 'More endpoints than a runtime can have',
    why: 'the deployment fails at the first one too many',
    remedy: 'Remove endpoints, or spread them over several runtimes.',
    documentation: guide('bedrock-agentcore-limits'),
    property: 'AgentRuntimeId',
    check: (app) =>
      [...endpointsByRuntime(app).values()].flatMap((endpoints) =>
        endpoints.slice(MAX_ENDPOINTS).map((resource) => ({
          resource,
          problem: `this runtime has ${endpoints.length} endpoints; AgentCore allows ${MAX_ENDPOINTS}`,
        })),
      ),
  },
];

function endpointsByRuntime(app: CheckedApp): Map<CheckedResource | string, CheckedResource[]> {
  const endpoints = new Map<CheckedResource | string, CheckedResource[]>();
  for (const endpoint of app.resourcesOfType('AWS::BedrockAgentCore::RuntimeEndpoint')) {
    const id = at(endpoint.properties, 'AgentRuntimeId');
    const runtime = app.resourceOf(endpoint.stack, id) ?? literal(id);
    if (runtime === undefined) continue;
    const found = endpoints.get(runtime) ?? [];
    endpoints.set(runtime, found);
    found.push(endpoint);
  }
  return endpoints;
}
