// The server that most samples ship: one `query()` of the Claude Agent SDK for each request, resumed by session id.
import { createServer } from 'node:http';
import { query } from '@anthropic-ai/claude-agent-sdk';

const sessions = new Map();

const server = createServer(async (request, response) => {
  if (request.url === '/ping') return void response.end('{"status":"Healthy"}');
  let body = '';
  for await (const chunk of request) body += chunk;
  const { prompt } = JSON.parse(body);
  const key = request.headers['x-amzn-bedrock-agentcore-runtime-session-id'];
  const resume = sessions.get(key);
  let answer = '';
  for await (const message of query({
    prompt,
    options: {
      model: process.env.ANTHROPIC_MODEL,
      tools: [],
      settingSources: [],
      systemPrompt: 'Answer briefly.',
      ...(resume === undefined ? {} : { resume }),
    },
  })) {
    if (message.type === 'result') {
      sessions.set(key, message.session_id);
      answer = message.result;
    }
  }
  response.end(JSON.stringify({ response: answer }));
});
server.listen(Number(process.env.PORT), '127.0.0.1');
