/** How long services are waited for, in milliseconds: the API itself has half a minute, with what is tried again. */
export const PATIENCE = { connectionTimeout: 2_000, requestTimeout: 6_000, throwOnRequestTimeout: true } as const;
