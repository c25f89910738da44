import type { IAgentCapability } from './agent';

/** Whose credentials a connection has. */
export enum ConnectionKind {
  /** A key, the same for every user. */
  API_KEY = 'apiKey',

  /** An account of each user. */
  OAUTH2 = 'oauth2',
}

/** A capability that connects agents to another service. */
export interface IConnection extends IAgentCapability {
  /** By what agents know the connection. */
  readonly connectionName: string;

  /** Whose credentials it has. */
  readonly connectionKind: ConnectionKind;
}

/** Whether a capability is a connection. */
export function isConnection(capability: IAgentCapability): capability is IConnection {
  return 'connectionKind' in capability;
}
