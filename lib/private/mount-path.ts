/**
 * What speaks against a mount path: one level below /mnt, 6 to 200 characters.
 *
 * Source: "File system configurations" in the AgentCore developer guide.
 */
export function mountPathFindings(mountPath: string): string[] {
  return /^\/mnt\/[a-zA-Z0-9._-]+\/?$/.test(mountPath) && mountPath.length >= 6 && mountPath.length <= 200
    ? []
    : [
        `mount path "${mountPath}" is not one level below /mnt with 6 to 200 characters; use for instance "/mnt/workspace"`,
      ];
}
