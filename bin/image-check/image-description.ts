import { CheckFailed } from './failure';

/** What an image says about itself. */
export interface ImageDescription {
  readonly architecture: string;
  /** `user` or `user:group`, by name or number; empty for root. */
  readonly user: string;
  /** `NAME=value`. */
  readonly environment: readonly string[];
  readonly workingDirectory: string;
  /** Entry point and command, as the container starts them. */
  readonly command: readonly string[];
  /** `port/protocol`. */
  readonly ports: readonly string[];
}

/** The parts of an OCI image configuration that are read here; absent ones are left out by the builders. */
interface OciImage {
  readonly architecture?: string;
  readonly config?: {
    readonly User?: string;
    readonly Env?: readonly string[];
    readonly WorkingDir?: string;
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly ExposedPorts?: Readonly<Record<string, unknown>>;
  };
}

/**
 * Reads what `buildah inspect --type image` prints.
 *
 * @throws CheckFailed when it is not JSON or describes no image
 */
export function parseDescription(inspection: string): ImageDescription {
  const image = ociImage(inspection);
  if (image?.config === undefined) {
    throw new CheckFailed('buildah inspect printed no image configuration: is this version of buildah newer than 1.x?');
  }
  const { config } = image;
  return {
    architecture: image.architecture ?? '',
    user: config.User ?? '',
    environment: config.Env ?? [],
    workingDirectory: config.WorkingDir ?? '/',
    command: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
    ports: Object.keys(config.ExposedPorts ?? {}),
  };
}

function ociImage(inspection: string): OciImage | undefined {
  try {
    return (JSON.parse(inspection) as { readonly OCIv1?: OciImage }).OCIv1;
  } catch {
    return undefined;
  }
}

/** The numeric ids that a container of the image runs with; undefined when they are not numbers. */
export function numericUser(user: string): { readonly uid: number; readonly gid: number } | undefined {
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(user) ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** Everything in which the image departs from what AgentCore Runtime and this project ask of it; empty when it is right. */
export function descriptionFindings(image: ImageDescription): string[] {
  const ids = numericUser(image.user);
  const findings: string[] = [];
  if (image.architecture !== 'arm64') {
    findings.push(`its architecture is "${image.architecture}": AgentCore Runtime starts arm64 only`);
  }
  if (ids === undefined) {
    findings.push(`its user is "${image.user}": USER must be <uid>:<gid> in numbers, so that "not root" can be told`);
  } else if (ids.uid === 0) {
    findings.push(`its user is "${image.user}": it must not be root`);
  }
  if (!image.ports.includes('8080/tcp')) {
    findings.push(`it exposes ${image.ports.join(', ') || 'no port'}: AgentCore Runtime calls port 8080`);
  }
  if (image.command.join(' ') !== 'node dist/main.js') {
    findings.push(
      `it starts "${image.command.join(' ')}": "node dist/main.js" must be process 1, with no shell that swallows signals`,
    );
  }
  if (!image.environment.includes('NODE_ENV=production')) findings.push('NODE_ENV is not "production"');
  return findings;
}
