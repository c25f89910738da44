import { findProgram } from '../../../../bin/local/interpreter/bwrap';

/**
 * `describe` for tests that need a program. Where it is missing they are skipped, and say what to install; in CI that is
 * a failure, or nobody would notice.
 */
export function describeWith(
  program: string,
  debianPackage: string,
  title: string,
  tests: (path: string) => void,
): void {
  const path = findProgram(program);
  const how = `${program} is not installed; apt-get install ${debianPackage}`;
  if (path !== undefined) {
    describe(title, () => {
      tests(path);
    });
  } else if (process.env.CI === 'true') {
    describe(title, () => {
      it('has what it needs', () => {
        throw new Error(how);
      });
    });
  } else {
    describe.skip(`${title} (${how})`, () => {
      tests(program);
    });
  }
}
