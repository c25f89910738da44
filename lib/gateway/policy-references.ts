import { Token } from 'aws-cdk-lib';
import { ACTION_GROUPS, NAMESPACE, PRINCIPAL_TYPES } from './cedar-schema';
import type { EntityReference } from './cedar-statement';
import { mayHaveTool, openToolNames, qualifiedToolName } from './gateway-tool-spec';
import type { PolicyScope, WrittenPolicy } from './policy-source';
import { GATEWAY_ARN_PLACEHOLDER } from './policy-statement';
import { suggestion } from './policy-suggestion';

const ACTION = `${NAMESPACE}::Action`;
const GATEWAY = `${NAMESPACE}::Gateway`;

/** How many names a message lists at most. */
const LISTED = 10;

/** What a policy names that its gateway does not have. */
export function referenceFindings({ name, statement }: WrittenPolicy, scope: PolicyScope): string[] {
  const findings = statement.references.flatMap((reference) => entityFindings(reference, scope));
  if (statement.action.some(isSpecific) && statement.resource.every(({ id }) => id === undefined)) {
    findings.push(
      `names tools and no gateway, which AgentCore refuses; write resource == ${GATEWAY}::"${GATEWAY_ARN_PLACEHOLDER}"`,
    );
  }
  return [...new Set(findings)].map((finding) => `policy "${name}" ${finding}`);
}

/** Whether a policy names tools that only the service knows. */
export function namesOpenTarget({ statement }: WrittenPolicy, { openTargets }: PolicyScope): boolean {
  return statement.references.some(
    ({ type, id = '' }) =>
      type === ACTION && openTargets.some((target) => id === target.name || mayHaveTool(target, id)),
  );
}

function entityFindings({ type, id }: EntityReference, scope: PolicyScope): string[] {
  const caller = `${NAMESPACE}::${PRINCIPAL_TYPES[scope.callers]}`;
  if (type === ACTION) return id === undefined ? [] : actionFindings(id, scope);
  if (type === GATEWAY) return id === undefined ? [] : gatewayFindings(id);
  if (type === caller) return [];
  return Object.values(PRINCIPAL_TYPES).some((principal) => type === `${NAMESPACE}::${principal}`)
    ? [
        `is about ${type}, and this gateway is called by ${caller} only, as its authorizer has it; write that, or change the authorizer`,
      ]
    : [`names ${type}, which gateways do not know; they know ${caller}, ${ACTION} and ${GATEWAY}`];
}

function actionFindings(id: string, { tools, openTargets }: PolicyScope): string[] {
  const names = tools.map(qualifiedToolName);
  const groups = [...new Set([...tools.map(({ target }) => target), ...openTargets.map(({ name }) => name)])];
  if ([...names, ...groups, ...ACTION_GROUPS].includes(id) || openTargets.some((target) => mayHaveTool(target, id))) {
    return [];
  }
  const known = [...names, ...openTargets.flatMap(openToolNames)];
  const shown = known.slice(0, LISTED).join(', ');
  const rest = known.length > LISTED ? ` and ${known.length - LISTED} more` : '';
  // Two underscores are what documentation of the service shows in places.
  const joint = /[^_]__[^_]/.test(id) ? '; target and tool are joined by three underscores' : '';
  return [
    `names the tool "${id}", which the gateway does not have; it has ${shown === '' ? 'none' : shown}${rest}${joint}${suggestion(id, [...known.filter((name) => !name.endsWith('…')), ...groups])}`,
  ];
}

/** A policy of one gateway that names another never applies. */
function gatewayFindings(id: string): string[] {
  return id === GATEWAY_ARN_PLACEHOLDER || Token.isUnresolved(id)
    ? []
    : [`names the gateway "${id}"; write "${GATEWAY_ARN_PLACEHOLDER}", which becomes the ARN of its own`];
}

function isSpecific({ id }: EntityReference): boolean {
  return id !== undefined && !(ACTION_GROUPS as readonly string[]).includes(id);
}
