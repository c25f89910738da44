/** Names of the environment variables through which `AgentApi` speaks to its function. */
export const ApiEnvironment = {
  /** The ids of the clients whose access tokens are accepted, with commas; not set where the client is not looked at. */
  CLIENT_IDS: 'API_CLIENT_IDS',
  /** What access tokens have to be meant for, as a list in JSON; not set where the audience is not looked at. */
  AUDIENCES: 'API_AUDIENCES',
  /** What the agent demands of tokens besides, as JSON; not set where it demands nothing. */
  TOKEN_RULES: 'API_TOKEN_RULES',
  /** The name of the agent: its sessions are those of the API. */
  AGENT_NAME: 'API_AGENT_NAME',
  /** The ARN of the role that reaches the data of one user. */
  USER_ROLE_ARN: 'API_USER_ROLE_ARN',
  /** The name of the table of sessions. */
  SESSION_TABLE: 'API_SESSION_TABLE',
  /** The name of the bucket of workspaces. */
  WORKSPACE_BUCKET: 'API_WORKSPACE_BUCKET',
  /** Where workspaces lie in it; ends in a slash. */
  WORKSPACES_PREFIX: 'API_WORKSPACES_PREFIX',
  /** Where copies of files lie in it that are given away for some minutes; ends in a slash. */
  DOWNLOADS_PREFIX: 'API_DOWNLOADS_PREFIX',
} as const;

/** Every route of the API, as Amazon API Gateway writes them. */
export const ApiRoute = {
  LIST_SESSIONS: 'GET /sessions',
  RENAME_SESSION: 'PATCH /sessions/{id}',
  DELETE_SESSION: 'DELETE /sessions/{id}',
  MESSAGES: 'GET /sessions/{id}/messages',
  LIST_FILES: 'GET /sessions/{id}/files',
  FILE_CONTENT: 'GET /sessions/{id}/files/content',
  GET_SETTINGS: 'GET /settings',
  PUT_SETTINGS: 'PUT /settings',
  COMPLETE_LINK: 'POST /oauth/complete',
} as const;

export type ApiRoute = (typeof ApiRoute)[keyof typeof ApiRoute];
