import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ScriptedReply } from '../../bin/local/model/model-script';
import { type ScriptedModel, startScriptedModel } from './support/agent-fixture';

const PROBE = join(__dirname, 'support', 'gate-probe.mjs');
const CONTENT = 'what is in the file';

let home: string;
let model: ScriptedModel;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'gate-test-'));
  writeFileSync(join(home, 'a.txt'), CONTENT);
  const replies: ScriptedReply[] = [
    { kind: 'message', toolUses: [{ name: 'Read', input: { file_path: 'a.txt' } }] },
    { kind: 'message', toolUses: [{ name: 'Write', input: { file_path: 'b.txt', content: 'x' } }] },
  ];
  model = await startScriptedModel(() => replies.shift() ?? { kind: 'message', text: 'Done.' });
});
afterEach(async () => {
  await model.close();
  rmSync(home, { recursive: true, force: true });
});

/** Has the model read one file and write another, under a gate of this kind; what the turn ended with. */
async function turnUnder(behaviour: string): Promise<string> {
  const probe = spawn(process.execPath, [PROBE, model.url, home, behaviour], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [answer] = await Promise.all([text(probe.stdout), once(probe, 'close')]);
  return answer;
}

/** Whether the two tools ran: what was read reached the model, and what was written is there. */
function ran(): { readonly read: boolean; readonly written: boolean } {
  return { read: JSON.stringify(model.requests).includes(CONTENT), written: existsSync(join(home, 'b.txt')) };
}

it('a gate that allows lets both tools run', async () => {
  expect(await turnUnder('allows')).toBe('"Done."');
  expect(ran()).toEqual({ read: true, written: true });
});

it.each([['throws'], ['answers nonsense'], ['answers nothing'], ['hangs']])(
  'a gate that %s lets no tool run, and the turn goes on',
  async (behaviour) => {
    expect(await turnUnder(behaviour)).toBe('"Done."');
    expect(model.requests).toHaveLength(3);
    expect(ran()).toEqual({ read: false, written: false });
  },
);
