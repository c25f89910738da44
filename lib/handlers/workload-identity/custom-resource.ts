import { NOT_MADE } from '../custom-resource/answer';
import { areSameUrls, mergedReturnUrls } from './return-urls';

/** What the custom resource is given; CloudFormation hands on every value as text or as lists of text. */
export interface ReturnUrlsProperties {
  /** The id of the runtime whose identity it is. */
  readonly AgentRuntimeId: string;
  readonly ReturnUrls: readonly string[];
}

/** What CloudFormation asks ("Custom resource request objects" in the AWS CloudFormation user guide), as far as it counts. */
export interface ReturnUrlsRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: ReturnUrlsProperties;
  readonly OldResourceProperties?: ReturnUrlsProperties;
}

/** The identities of runtimes, as far as this resource needs them. */
export interface WorkloadIdentities {
  /** The name of the identity of a runtime; undefined where there is no such runtime, or it has none. */
  nameOf(agentRuntimeId: string): Promise<string | undefined>;
  /** What an identity allows; undefined where there is no such identity. */
  returnUrls(name: string): Promise<readonly string[] | undefined>;
  /** Replaces what an identity allows. */
  replaceReturnUrls(name: string, urls: readonly string[]): Promise<void>;
}

/**
 * Has the identity of a runtime allow the wanted return addresses, leaving alone what others added.
 *
 * A runtime that is replaced changes the physical id, so that CloudFormation then deletes the resource of the old one.
 *
 * @returns the physical id of the resource
 * @throws Error with a sentence for the events of the stack
 */
export async function applyReturnUrls(request: ReturnUrlsRequest, identities: WorkloadIdentities): Promise<string> {
  // What was never made has added nothing: the same addresses there are somebody else's.
  if (request.RequestType === 'Delete' && request.PhysicalResourceId === NOT_MADE) return NOT_MADE;
  const { AgentRuntimeId: runtimeId, ReturnUrls } = request.ResourceProperties;
  const wanted = request.RequestType === 'Delete' ? [] : ReturnUrls;
  const before =
    request.RequestType === 'Delete'
      ? ReturnUrls
      : request.OldResourceProperties?.AgentRuntimeId === runtimeId
        ? request.OldResourceProperties.ReturnUrls
        : [];

  const name = await identities.nameOf(runtimeId);
  const present = name === undefined ? undefined : await identities.returnUrls(name);
  if (name === undefined || present === undefined) {
    // Nothing is left to take the addresses away from.
    if (request.RequestType === 'Delete') return request.PhysicalResourceId ?? runtimeId;
    throw new Error(
      `The runtime ${runtimeId} has no workload identity that can be read, so no return address can be allowed on it. See whether the runtime exists and is ready, and deploy again.`,
    );
  }
  const merged = mergedReturnUrls(present, before, wanted);
  if (!areSameUrls(present, merged)) await identities.replaceReturnUrls(name, merged);
  return runtimeId;
}
