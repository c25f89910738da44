import type { Commands } from './commands';

/** How npm reaches its registry from this machine, to be told to the npm inside the build. */
export interface NpmAccess {
  readonly registry: string;
  /** PEM file with the certificate authorities that npm trusts beside its own, if any. */
  readonly caFile: string | undefined;
}

/** Reads npm's configuration; NODE_EXTRA_CA_CERTS stands for a certificate authority that all of Node trusts. */
export async function npmAccess(commands: Commands): Promise<NpmAccess> {
  const [registry, configured] = [
    await commands.run('npm', ['config', 'get', 'registry']),
    await commands.run('npm', ['config', 'get', 'cafile']),
  ];
  const caFile = process.env.NODE_EXTRA_CA_CERTS ?? (configured === 'null' ? undefined : configured);
  return { registry, caFile: caFile === '' ? undefined : caFile };
}

const CA_INSIDE = '/run/image-check/ca-certificates.crt';

/** Arguments of `buildah bud` that give the build the same access. */
export function buildArguments(access: NpmAccess): string[] {
  const registry = ['--build-arg', `NPM_CONFIG_REGISTRY=${access.registry}`];
  if (access.caFile === undefined) return registry;
  const trust = ['--volume', `${access.caFile}:${CA_INSIDE}:ro`, '--build-arg', `NODE_EXTRA_CA_CERTS=${CA_INSIDE}`];
  return [...registry, ...trust];
}
