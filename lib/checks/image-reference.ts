import type { CheckedResource } from './checked-app';
import { gapAtEnd, knownPart, text, withPlainGaps } from './template-value';

export interface ImageReference {
  /** The whole reference, with gaps for what is not known. */
  readonly uri: string;
  /** The tag or the digest; undefined where the reference has neither. */
  readonly version: string | undefined;
  /** Whether the CDK builds the image when the app is deployed. */
  readonly isAsset: boolean;
}

/** Reads the URI of the image of a runtime; undefined where it is not known whether it has a version. */
export function imageReference(runtime: CheckedResource, value: unknown): ImageReference | undefined {
  const uri = text(value);
  if (uri === undefined) return undefined;
  const [, ...version] = (withPlainGaps(uri).split('/').at(-1) ?? '').split(/[:@]/);
  const gap = gapAtEnd(uri);
  // What is not known may end in a tag, unless it is a repository of the stack.
  if (version.length === 0 && gap !== undefined && !isRepository(runtime, gap)) return undefined;
  return {
    uri,
    version: version.length === 0 ? undefined : version.join(':'),
    isAsset: knownPart(uri).includes('container-assets') || /^[0-9a-f]{64}$/.test(version.join(':')),
  };
}

function isRepository({ stack }: CheckedResource, gap: string): boolean {
  return stack.resources.get(gap.split('.')[0] ?? '')?.type === 'AWS::ECR::Repository';
}
