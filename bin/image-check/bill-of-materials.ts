import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the image has the list of the npm packages that are in it. */
const PATH = 'usr/share/sbom/claude-agent-image.cdx.json';

const SDK = '@anthropic-ai/claude-agent-sdk';

/** The package with the SDK's program for the platform of the image. */
const SDK_PROGRAM = `${SDK}-linux-arm64`;

/** The part of a CycloneDX document that is read here. */
interface Component {
  readonly name?: unknown;
  readonly version?: unknown;
}

/**
 * What is wrong with the image's bill of materials; empty when it names the SDK that was installed, and its program.
 *
 * @param fileSystem root of the image's files
 * @param imageDirectory the build context, whose lock file says which versions are installed
 */
export function billOfMaterialsFindings(fileSystem: string, imageDirectory: string): string[] {
  let text: string;
  try {
    text = readFileSync(join(fileSystem, PATH), 'utf8');
  } catch {
    return [`it has no bill of materials: /${PATH} cannot be read`];
  }
  const components = componentsOf(text);
  if (components === undefined) {
    return [`its bill of materials is no CycloneDX document with components: /${PATH}`];
  }
  const locked = lockedVersions(readFileSync(join(imageDirectory, 'package-lock.json'), 'utf8'));
  return [SDK, SDK_PROGRAM].flatMap((name) => {
    const expected = locked[`node_modules/${name}`]?.version;
    const found = components.filter((component) => component.name === name).map(({ version }) => String(version));
    if (expected !== undefined && found.join() === expected) return [];
    const instead = found.length === 0 ? 'does not name it' : `names ${found.join(' and ')}`;
    return [`its lock file has ${name} ${expected ?? 'not at all'}, and its bill of materials ${instead}`];
  });
}

/** Components of a CycloneDX document; undefined when it is none. */
function componentsOf(text: string): readonly Component[] | undefined {
  try {
    const document = JSON.parse(text) as { bomFormat?: unknown; components?: unknown } | null;
    if (document?.bomFormat !== 'CycloneDX' || !Array.isArray(document.components)) return undefined;
    return document.components.filter((entry): entry is Component => typeof entry === 'object' && entry !== null);
  } catch {
    return undefined;
  }
}

function lockedVersions(lockFile: string): Record<string, { readonly version?: string }> {
  return (JSON.parse(lockFile) as { packages?: Record<string, { readonly version?: string }> }).packages ?? {};
}
