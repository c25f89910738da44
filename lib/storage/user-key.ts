import { Token } from 'aws-cdk-lib';

/** Keys that the agent gives its users: a folder of the bucket and the value of a session tag each. */
const USER_KEY = /^(?!\.{1,2}$)[A-Za-z0-9_.:=+@-]{1,128}$/;

/** What speaks against the key of a user; one that is only known at deployment is not looked at. */
export function userKeyFindings(userKey: string): string[] {
  return Token.isUnresolved(userKey) || USER_KEY.test(userKey)
    ? []
    : [
        `user key ${JSON.stringify(userKey.slice(0, 40))} (${userKey.length} characters) is not one: it has 1 to 128 letters, digits and ". _ : = + @ -", and is neither "." nor ".."; give what the agent makes of the subject of a token, or leave it out for all users`,
      ];
}
