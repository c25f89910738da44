import { setTimeout as pause } from 'node:timers/promises';
import { answered, type AnsweredRequest } from '../custom-resource/answer';
import { AwsSpanSettings } from './aws-span-settings';
import { applyTransactionSearch, type TransactionSearchRequest } from './custom-resource';

export const handler = (request: AnsweredRequest & TransactionSearchRequest): Promise<void> =>
  answered(request, () => applyTransactionSearch(request, new AwsSpanSettings(), pause));
