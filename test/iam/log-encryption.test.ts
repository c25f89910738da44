import { aws_kms as kms, type Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { AgentRuntime } from '../../lib';
import { ACCOUNT, REGION, testImage, testStack } from '../support/stack';

/** Where notes are about keys of logs that this stack cannot change. */
function notes(keyIn: (stack: Stack) => kms.IKey): string[] {
  const stack = testStack();
  new AgentRuntime(stack, 'Agent', { image: testImage(), logEncryptionKey: keyIn(stack) });
  return Annotations.fromStack(stack)
    .findInfo('*', Match.stringLikeRegexp('Test/Key.*is imported.*kms:Decrypt.*importedLogKey'))
    .map(({ id }) => id);
}

test('a key for the log that is imported, and whose policy stays as it is, is told', () => {
  const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
  expect(notes((stack) => kms.Key.fromKeyArn(stack, 'Key', arn))).toEqual(['/Test/Agent/LogGroup']);
});

test('a key for the log that the app makes needs no word', () => {
  expect(notes((stack) => new kms.Key(stack, 'Key'))).toEqual([]);
});
