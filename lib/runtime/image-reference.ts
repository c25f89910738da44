import { Annotations, aws_ecr as ecr, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Account, Region, `.cn`, repository, tag, digest. */
export const IMAGE_URI =
  /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?\/([a-z0-9][a-z0-9._/-]*)(?::([\w][\w.-]{0,127})|@(sha256:[0-9a-f]{64}))$/;

/** What is wrong with a URI that IMAGE_URI does not match. */
export function uriFinding(uri: string): string {
  return `image URI "${uri}" is not one of a private Amazon ECR repository with a tag or digest; it looks like "111122223333.dkr.ecr.eu-central-1.amazonaws.com/agent:1.4.2" (copy an image of another registry to Amazon ECR first; use fromRepository where account or Region are only known at deployment)`;
}

/** What speaks against naming an image by this tag or digest. */
export function tagFindings(tagOrDigest: string): string[] {
  if (Token.isUnresolved(tagOrDigest)) return [];
  if (tagOrDigest === 'latest') {
    return [
      'tag "latest" says nothing about what runs, and a new push to it changes no runtime; give a tag that is never pushed again, or a digest',
    ];
  }
  if (/^[\w][\w.-]{0,127}$/.test(tagOrDigest) || DIGEST.test(tagOrDigest)) return [];
  return [
    `"${tagOrDigest}" is neither a tag (1 to 128 letters, digits, ".", "_" and "-", not starting with "." or "-") nor a digest ("sha256:" and 64 hexadecimal digits)`,
  ];
}

/** Warns of a tag that a repository of the app lets be pushed again, as far as the app shows it. */
export function warnOfMutableTags(scope: IConstruct, repository: ecr.IRepository, tagOrDigest: string): void {
  const made = repository.node.defaultChild;
  if (!(made instanceof ecr.CfnRepository) || made.imageTagMutability?.startsWith('IMMUTABLE') === true) return;
  if (Token.isUnresolved(tagOrDigest) || DIGEST.test(tagOrDigest)) return;
  Annotations.of(scope).addWarningV2(
    'cdk-agentcore-constructs:mutableTags',
    `tag "${tagOrDigest}" can be pushed again, because the tags of ${repository.node.path} are mutable: AgentCore would run the new image after some deployments and not after others; make the repository with TagMutability.IMMUTABLE, give a digest, or acknowledge this warning`,
  );
}

/** Warns of a repository in another Region than the agent, as far as the app shows it. */
export function warnOfOtherRegion(scope: IConstruct, repository: ecr.IRepository): void {
  const { region } = Stack.of(scope);
  const [, , , imageRegion = ''] = repository.repositoryArn.split(':');
  if ([region, imageRegion, repository.repositoryArn].some((part) => Token.isUnresolved(part))) return;
  if (imageRegion === region) return;
  Annotations.of(scope).addWarningV2(
    'cdk-agentcore-constructs:imageOfOtherRegion',
    `the image is in ${imageRegion} and the agent in ${region}, so every new microVM pulls it from another Region, and none starts while that one is out of reach; replicate the repository to ${region} and name the image there, or acknowledge this warning`,
  );
}
