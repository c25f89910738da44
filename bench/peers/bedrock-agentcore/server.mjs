// AWS's server for AgentCore Runtime as its samples use it: the handler calls `query()` for each request, and resumes.
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
import { query } from '../../../agent-image/node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs';

const conversations = new Map();

const app = new BedrockAgentCoreApp({
  invocationHandler: {
    async *process({ prompt }, { sessionId }) {
      const resume = conversations.get(sessionId);
      const messages = query({
        prompt,
        options: {
          model: process.env.ANTHROPIC_MODEL,
          tools: [],
          settingSources: [],
          strictMcpConfig: true,
          includePartialMessages: true,
          systemPrompt: 'Answer briefly.',
          ...(resume === undefined ? {} : { resume }),
        },
      });
      for await (const message of messages) {
        if (message.type === 'stream_event' && message.event.delta?.type === 'text_delta') {
          yield { event: 'message', data: { text: message.event.delta.text } };
        } else if (message.type === 'result') {
          conversations.set(sessionId, message.session_id);
          yield { event: 'end', data: { isError: message.is_error } };
        }
      }
    },
  },
});
app.run({ port: Number(process.env.PORT), host: '127.0.0.1' });
