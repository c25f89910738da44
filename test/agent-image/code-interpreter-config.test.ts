import { readCodeInterpreter } from '../../agent-image/src/config/code-interpreter';

test.each(['aws.codeinterpreter.v1', 'analysis-a1B2c3D4e5', `a${'_'.repeat(47)}-0123456789`])('%s is an id', (id) => {
  expect(readCodeInterpreter({ AGENT_CODE_INTERPRETER_ID: id })).toEqual({ id });
});

test.each([
  ...[
    'aws.codeinterpreter.v2',
    'analysis',
    'analysis-a1B2c3D4e',
    '1a-a1B2c3D4e5',
    'a b-a1B2c3D4e5',
    ' analysis-a1B2c3D4e5',
  ],
  ...['../x-a1B2c3D4e5', `a${'_'.repeat(48)}-0123456789`],
  'arn:aws:bedrock-agentcore:eu-west-1:111122223333:code-interpreter-custom/analysis-a1B2c3D4e5',
])('%j is none, and the error says what is', (id) => {
  expect(() => readCodeInterpreter({ AGENT_CODE_INTERPRETER_ID: id })).toThrow(
    `AGENT_CODE_INTERPRETER_ID is ${JSON.stringify(id)}: give aws.codeinterpreter.v1 or the id`,
  );
});

test('an agent without the variable, or with an empty one, has no interpreter', () => {
  expect(readCodeInterpreter({})).toBeUndefined();
  expect(readCodeInterpreter({ AGENT_CODE_INTERPRETER_ID: '' })).toBeUndefined();
});
