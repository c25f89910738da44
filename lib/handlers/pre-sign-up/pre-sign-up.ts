import { isOfDomain } from './email-domain';

/** The variable that has the domains, with commas. */
export const DOMAINS_VARIABLE = 'ALLOWED_EMAIL_DOMAINS';

/** What Amazon Cognito asks before it makes a user ("Pre sign-up Lambda trigger" in the Amazon Cognito developer guide). */
export interface PreSignUpEvent {
  readonly triggerSource: string;
  readonly request: { readonly userAttributes?: Readonly<Record<string, string | undefined>> };
}

/** Administrators choose whom they invite. */
const BY_ADMINISTRATOR = 'PreSignUp_AdminCreateUser';

/** Shown to whoever signs up, so it says nothing about the addresses that would do. */
const REFUSAL =
  'Sign-up is open to certain e-mail domains only. Use the address of your organization, or ask for an invitation';

/**
 * Lets the addresses of some domains sign up, also those that another identity provider vouches for. Without domains, nobody.
 *
 * @param domains with commas
 * @returns the event as it came: users still confirm that the address is theirs
 * @throws Error with a sentence for the user
 */
export function preSignUp<Event extends PreSignUpEvent>(event: Event, domains: string | undefined): Event {
  if (event.triggerSource === BY_ADMINISTRATOR) return event;
  const allowed = (domains ?? '').split(',').filter((domain) => domain !== '');
  if (isOfDomain(event.request.userAttributes?.email ?? '', allowed)) return event;
  throw new Error(REFUSAL);
}
