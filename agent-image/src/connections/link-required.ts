import { ToolFault } from '../tools/tool-fault.ts';

/** What a person has to open to link an account. */
export interface AccountLink {
  readonly connection: string;
  /** Where the person allows it; https. */
  readonly url: string;
  /** What finishing the flow has to name. */
  readonly sessionUri?: string;
}

/** The person has not linked the account, or not any more. */
export class LinkRequired extends ToolFault {
  readonly link: AccountLink;

  constructor(link: AccountLink, vendor: string) {
    const what = `The person has not linked an account at ${vendor} with this agent yet; nothing was done`;
    const then = 'They are shown a link for it now. Ask them to open it and to tell you when it is done';
    super('CONNECTION_LINK_REQUIRED', `${what}. ${then}, and do not try again before.`, 'the account is not linked');
    this.name = 'LinkRequired';
    this.link = link;
  }
}
