import { aws_iam as iam } from 'aws-cdk-lib';
import type { aws_kms as kms } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { Actions } from './actions';
import { agentCoreTrust } from './agentcore-trust';
import { GatewayArns } from './gateway-arns';
import type { BaselineStatement } from './runtime-baseline';

/** The wildcard in what belongs to the workload identity of a gateway. */
const identityWildcard = (resource: string) => ({
  resource,
  reason: 'AgentCore makes the workload identity and appends an id of its own to the gateway name',
});

/** Who may assume the role of a gateway: AgentCore, on behalf of this account and of this gateway only. */
export function gatewayTrust(scope: IConstruct, gatewayName: string): iam.IPrincipal {
  return agentCoreTrust(scope, new GatewayArns(scope, gatewayName).gateway);
}

/** What a gateway needs to get tokens or keys from providers: a token of its own workload identity. */
export function gatewayIdentityStatement(scope: IConstruct, gatewayName: string): BaselineStatement {
  const arns = new GatewayArns(scope, gatewayName);
  return {
    statement: new iam.PolicyStatement({
      sid: 'OwnWorkloadToken',
      actions: [...Actions.WORKLOAD_TOKEN],
      resources: [arns.workloadIdentityDirectory, arns.workloadIdentity],
    }),
    wildcard: identityWildcard(arns.workloadIdentity),
  };
}

/** A credential provider, and the secret that AgentCore reads for it with the role of the gateway. */
export interface OutboundProvider {
  readonly providerArn: string;
  /** What reading the secret takes. */
  readonly secretStatements: readonly iam.PolicyStatement[];
  /** What is got from it: a group of `Actions`. */
  readonly actions: readonly string[];
}

/** What a gateway needs to get a token or a key from one provider, and from no other. */
export function outboundStatements(
  scope: IConstruct,
  gatewayName: string,
  { providerArn, secretStatements, actions }: OutboundProvider,
): BaselineStatement[] {
  const arns = new GatewayArns(scope, gatewayName);
  return [
    {
      statement: new iam.PolicyStatement({
        actions: [...actions],
        resources: [arns.tokenVault, providerArn, arns.workloadIdentityDirectory, arns.workloadIdentity],
      }),
      wildcard: identityWildcard(arns.workloadIdentity),
    },
    ...secretStatements.map((statement) => ({ statement })),
  ];
}

/** What a gateway needs to have its calls decided by a policy engine. */
export function policyEngineStatements(
  scope: IConstruct,
  gatewayName: string,
  policyEngineArn: string,
): BaselineStatement[] {
  // By a pattern: the gateway waits for its permissions, so they cannot name it.
  const { gateway } = new GatewayArns(scope, gatewayName);
  return [
    { statement: new iam.PolicyStatement({ actions: [...Actions.GET_POLICY_ENGINE], resources: [policyEngineArn] }) },
    {
      statement: new iam.PolicyStatement({
        actions: [...Actions.AUTHORIZE_TOOL_CALLS],
        resources: [policyEngineArn, gateway],
      }),
    },
  ];
}

/** What a gateway needs to be encrypted with a key of the account. */
export function gatewayKeyStatement(key: kms.IKey): BaselineStatement {
  return {
    statement: new iam.PolicyStatement({
      actions: [...Actions.ENCRYPT_GATEWAY],
      resources: [key.keyArn],
      conditions: {
        StringEquals: { 'kms:ViaService': `bedrock-agentcore.${key.env.region}.amazonaws.com` },
      },
    }),
  };
}
