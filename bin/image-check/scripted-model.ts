import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createScriptedBedrock, type ModelRequest } from '../local/model/scripted-bedrock';
import { reason } from './failure';

/** A model on this machine whose one answer cannot come from anywhere else. */
export interface ScriptedModel {
  readonly endpoint: string;
  readonly answer: string;
  readonly requests: readonly ModelRequest[];
  close(): Promise<void>;
}

/** Starts a Bedrock endpoint on a free port of the loopback address. */
export async function startScriptedModel(): Promise<ScriptedModel> {
  const answer = `This is the scripted answer ${randomUUID()}.`;
  const bedrock = createScriptedBedrock(() => ({ kind: 'message', text: answer }));
  const server = createServer((req, res) => {
    buffer(req)
      .then((body) => bedrock.handle(req, res, body))
      .catch((error: unknown) => res.writeHead(500).end(reason(error)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    answer,
    requests: bedrock.requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
