import { ToolFault } from '../tool-fault.ts';

/** Why GitHub, or git, did not do what was asked; stable, for logs and alarms. */
export type GitHubCode = keyof typeof GITHUB_FAILURES;

/** What the model is told; it must be able to act on it, and to tell the person what an operator has to know. */
export const GITHUB_FAILURES = {
  GITHUB_NOT_FOUND:
    'There is no such repository or branch, or the linked account may not read it. Use list_repositories to see which there are.',
  GITHUB_FORBIDDEN:
    'GitHub does not allow this with the linked account: it may lack the permission, or its organisation may not have approved the app. Tell the person.',
  GITHUB_THROTTLED: 'GitHub is called too often with the linked account. Try again in some minutes.',
  GITHUB_FAILED: 'GitHub failed. Try again once.',
  GITHUB_UNREACHABLE:
    'GitHub cannot be reached from the agent. Try again once, and then tell the person that an operator has to look for GITHUB_UNREACHABLE in the log of the agent.',
  GITHUB_TIMEOUT: 'GitHub did not answer in time, so nothing was done.',
  GITHUB_CANCELLED: 'This was cancelled, and nothing was left in the workspace.',
  GITHUB_UNREADABLE: 'The agent could not use the answer of GitHub.',
  CLONE_TOO_LARGE:
    'The repository is larger than what may be cloned here, so nothing was left in the workspace. Tell the person; a shallow clone (the default) and a smaller branch may help.',
  CLONE_TIMEOUT:
    'The clone took too long and was ended; nothing was left in the workspace. A shallow clone (the default) takes less time.',
  CLONE_FAILED: 'git could not clone the repository; nothing was left in the workspace.',
  GIT_MISSING:
    'The agent has no git, so nothing can be cloned. Tell the person that an operator has to look for GIT_MISSING in the log of the agent.',
} as const;

/** Longest reason of git that is repeated to the model, in characters. */
const MAX_REASON = 500;

export class GitHubFault extends ToolFault {
  declare readonly code: GitHubCode;

  /** @param reason what git says, without anything secret */
  constructor(code: GitHubCode, detail: string, reason = '') {
    super(code, `${GITHUB_FAILURES[code]}${reason === '' ? '' : ` It says: ${reason.slice(0, MAX_REASON)}`}`, detail);
    this.name = 'GitHubFault';
  }
}

/** The person's token is not accepted any more: it was taken back, or has ended. */
export class TokenRefused extends Error {}
