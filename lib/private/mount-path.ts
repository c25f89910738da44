import { Token } from 'aws-cdk-lib';

/**
 * What speaks against a mount path: one level below /mnt, 6 to 200 characters; one that is only known at deployment is not
 * looked at.
 *
 * Source: "File system configurations" in the AgentCore developer guide.
 */
export function mountPathFindings(mountPath: string): string[] {
  if (Token.isUnresolved(mountPath)) return [];
  const [, name] = /^\/mnt\/([a-zA-Z0-9._-]+)\/?$/.exec(mountPath) ?? [];
  // The pattern of the API lets the two names pass that stand for other directories.
  return name !== undefined && name !== '.' && name !== '..' && mountPath.length >= 6 && mountPath.length <= 200
    ? []
    : [
        `mount path "${mountPath}" is not one level below /mnt with 6 to 200 characters; use for instance "/mnt/workspace"`,
      ];
}
