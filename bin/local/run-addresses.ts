import { testUsers } from './identity/test-users';
import { gatewayUrl } from './resources/gateway';
import { apiUrl } from './resources/http-api';
import type { RunningApp } from './running-app';
import type { RunningRuntime } from './running-runtime';

/** Where everything of a run is, for people and programs. Nothing in it is secret. */
export interface RunAddresses {
  /** Of the front, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly region: string;
  readonly account: string;
  readonly runtimes: readonly { readonly name: string; readonly arn: string }[];
  /** Where the users of the app sign in; none when the app has no user pool. */
  readonly userPools: readonly {
    readonly id: string;
    readonly issuer: string;
    readonly clients: readonly {
      readonly id: string;
      readonly name: string;
      /** Where users come back to; none for a client that nobody signs in with. */
      readonly callbackUrls: readonly string[];
    }[];
    readonly users: readonly string[];
  }[];
  /** Where MCP clients find the tools of the app. */
  readonly gateways: readonly { readonly name: string; readonly arn: string; readonly url: string }[];
  readonly httpApis: readonly { readonly name: string; readonly url: string }[];
}

/**
 * Where everything of a run is.
 *
 * @param served the runtime of the short path, whose Region and account signed calls name
 * @param url address of the front
 */
export function addressesOf(
  { runtimes, userPools, gateways, httpApis }: Pick<RunningApp, 'runtimes' | 'userPools' | 'gateways' | 'httpApis'>,
  { description: { region, account } }: RunningRuntime,
  url: string,
): RunAddresses {
  return {
    url,
    region,
    account,
    runtimes: runtimes.map(({ description: { name, arn } }) => ({ name, arn })),
    userPools: userPools.map(({ pool }) => ({
      id: pool.id,
      issuer: pool.issuer,
      clients: pool.clients.map(({ id, name, flows, callbackUrls }) => ({
        id,
        name,
        callbackUrls: flows.includes('code') ? callbackUrls : [],
      })),
      users: testUsers(pool).map(({ username }) => username),
    })),
    gateways: gateways.map(({ description: { name, arn, id } }) => ({ name, arn, url: gatewayUrl(id, url) })),
    httpApis: httpApis.map(({ name, id }) => ({ name, url: apiUrl(id, url) })),
  };
}
