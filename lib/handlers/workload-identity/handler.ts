import { AgentCoreIdentities } from './agent-core-identities';
import { answered, type AnsweredRequest } from './answer';
import { applyReturnUrls, type ReturnUrlsRequest } from './custom-resource';

export const handler = (request: AnsweredRequest & ReturnUrlsRequest): Promise<void> =>
  answered(request, () => applyReturnUrls(request, new AgentCoreIdentities()));
