import { IGNORE_FILE } from '../workspace/ignore-rules.ts';

/**
 * Names that other programs, or the agent itself, obey: whoever writes them has commands run later, outside of any permission. The SDK refuses
 * to write them even when its host allows it, so a person who were asked would be asked in vain. Besides them the rules
 * of what is not kept: what they leave out is lost with the container.
 */
const PROTECTED_NAMES: ReadonlySet<string> = new Set([
  ...['.git', '.gitconfig', '.gitmodules', '.husky', '.pre-commit-config.yaml'],
  ...['.claude', '.claude.json', '.mcp.json', '.vscode', '.idea', '.devcontainer'],
  ...['.bashrc', '.bash_profile', '.bash_login', '.profile', '.zshrc', '.zshenv', '.zprofile', '.envrc', '.ripgreprc'],
  ...['.npmrc', '.yarnrc', '.yarnrc.yml', '.pnp.cjs', 'bunfig.toml', '.bunfig.toml', '.cargo', '.bazelrc'],
  ...['pyrightconfig.json', IGNORE_FILE],
]);

/** The part of a path that makes it one of those files; undefined when none does. Case does not matter. */
export function protectedPart(relativePath: string): string | undefined {
  return relativePath.split('/').find((part) => PROTECTED_NAMES.has(part.toLowerCase()));
}
