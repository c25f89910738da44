import { Token } from 'aws-cdk-lib';
import type { IAgent } from '../agent/agent';
import { isOfCognito } from '../auth/discovery-url';
import type { IApiUsers } from './agent-api-props';

/** What speaks against the users of an API beside `agent`. */
export function userFindings(users: IApiUsers, agent: IAgent): string[] {
  const { issuerUrl, userClientIds = [], audiences = [] } = users;
  const discoveryUrl = `${issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`;
  return [
    ...(Token.isUnresolved(issuerUrl) || /^https:\/\/[^\s/?#]+(\/[^\s?#]*)?$/.test(issuerUrl)
      ? []
      : [
          `issuerUrl "${issuerUrl}" is no issuer: it must be an https address without "?" and "#", exactly as tokens have it in "iss"`,
        ]),
    ...(/^https:\/\/cognito-idp\..*\/$/.test(issuerUrl)
      ? [
          `issuerUrl "${issuerUrl}" ends in a slash, and "iss" of a Cognito user pool does not, so every token would be refused; take it away`,
        ]
      : []),
    ...(userClientIds.length > 0 || audiences.length > 0
      ? []
      : [
          'the users have neither clients nor audiences, so nobody could call the API; name what access tokens have in "client_id" (userClientIds) or in "aud" (audiences)',
        ]),
    ...(agent.discoveryUrl === undefined || agent.discoveryUrl === discoveryUrl
      ? []
      : [
          `the agent knows its users by ${agent.discoveryUrl} and the API by ${discoveryUrl}, so a user would not find the sessions; give both the same users`,
        ]),
    ...audienceFindings(users, agent),
  ];
}

function audienceFindings({ issuerUrl, userClientIds = [], audiences = [] }: IApiUsers, agent: IAgent): string[] {
  const { allowedAudiences, allowedClients = [] } = agent.authorizer?.accepted ?? {};
  if (audiences.length === 0) {
    return allowedAudiences === undefined
      ? []
      : [
          `the agent ${agent.node.path} takes tokens with the audience ${allowedAudiences.join(' or ')}, and API Gateway looks at no client of a token that has an audience, so it would refuse each of them; give the users of the API the same in audiences`,
        ];
  }
  return [
    ...(isOfCognito(issuerUrl)
      ? [
          'audiences is given for a Cognito user pool, whose access tokens carry no "aud", so API Gateway would refuse every one of them; give userClientIds alone',
        ]
      : []),
    ...audiences
      .filter((audience) => !Token.isUnresolved(audience) && !/^\S(.*\S)?$/.test(audience))
      .map(
        (audience) =>
          `audiences has "${audience}", which no token is meant for; give each one apart, as the provider shows it`,
      ),
    ...audiences
      .filter((audience) => userClientIds.includes(audience) || allowedClients.includes(audience))
      .map(
        (audience) =>
          `audiences has "${audience}", the id of a client, and ID tokens are meant for their client; have the provider issue access tokens for an audience of their own, and name that`,
      ),
  ];
}
