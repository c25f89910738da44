import { DOMAINS_VARIABLE, preSignUp, type PreSignUpEvent } from './pre-sign-up';

// Asynchronous, so that a refusal is the answer and not a crash of the function.
export const handler = (event: PreSignUpEvent): Promise<PreSignUpEvent> =>
  Promise.resolve().then(() => preSignUp(event, process.env[DOMAINS_VARIABLE]));
