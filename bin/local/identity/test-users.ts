import type { UserPool } from '../resources/user-pool';
import { stableUuid } from '../stable-uuid';

/** Someone who can sign in to every user pool of a local run. */
export interface TestUser {
  readonly username: string;
  /** A UUID of the user's own in each pool, the same in every run. */
  readonly sub: string;
  readonly email: string;
  readonly groups: readonly string[];
}

/** The users of a pool: alice, who is in every group of it, and bob, who is in none. */
export function testUsers({ id, groups }: Pick<UserPool, 'id' | 'groups'>): readonly [TestUser, TestUser] {
  const user = (username: string, member: readonly string[]): TestUser => ({
    username,
    sub: stableUuid(`${id}\n${username}`),
    email: `${username}@example.com`,
    groups: member,
  });
  return [user('alice', groups), user('bob', [])];
}
