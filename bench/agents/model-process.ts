/** The scripted model of the benchmarks, in a process of its own so that it takes no time of who is measured. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createScriptedBedrock, type ModelScript } from '../../bin/local/model/scripted-bedrock';

/** `deltas <n>` is answered in so many pieces; `wait` begins an answer that never ends. */
const script: ModelScript = ({ userTexts }) => {
  const prompt = userTexts.at(-1) ?? '';
  const [, pieces] = /^deltas (\d+)$/.exec(prompt) ?? [];
  return pieces === undefined
    ? { kind: 'message', text: ['first ', 'last'], gate: new Promise(() => undefined) }
    : { kind: 'message', text: Array.from({ length: Number(pieces) }, (_, index) => `word${index % 10} `) };
};

const bedrock = createScriptedBedrock(script);
const server = createServer((request, response) => {
  buffer(request).then(
    (body) => bedrock.handle(request, response, body),
    () => response.destroy(),
  );
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());
