import { setTimeout as pause } from 'node:timers/promises';
import { AgentCoreIdentities } from './agent-core-identities';
import { answered, type AnsweredRequest } from '../custom-resource/answer';
import { applyReturnUrls, type ReturnUrlsRequest } from './custom-resource';
import { whileDenied } from '../custom-resource/while-denied';

export const handler = (request: AnsweredRequest & ReturnUrlsRequest): Promise<void> =>
  answered(request, () => whileDenied(() => applyReturnUrls(request, new AgentCoreIdentities()), pause));
