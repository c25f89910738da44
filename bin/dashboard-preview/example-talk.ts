import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type InvocationReply, SESSION_HEADER } from '../../agent-image/src/protocol';
import { startLocalRun, type LocalRun } from '../local/local-run';
import { createScriptedBedrock } from '../local/model/scripted-bedrock';
import type { ModelScript } from '../local/model/model-script';
import { EXAMPLE_TURNS, ExampleModel, type ExampleTurn } from './example-script';
import { PreviewError } from './sources';

/** How long a person thinks before answering a question, in milliseconds. */
const THINKING = 1_200;

/** What was made, for the picture. */
export interface ExampleTalk {
  /** Absolute paths. */
  readonly assembly: string;
  readonly logs: string;
  /** When the talk began, in milliseconds of Unix time. */
  readonly since: number;
}

/** What a local run signs its calls of Amazon Bedrock with; a profile or token of the person's would come before the keys. */
const MODEL_CREDENTIALS: Readonly<Record<string, string | undefined>> = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example-secret',
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
};

/** What a talk needs. */
export interface ExampleTalkOptions {
  /** Folder of the cdk.json of the sample. */
  readonly directory: string;
  /** Folder that is made for it, in place of what there is. */
  readonly state: string;
  readonly say: (line: string) => void;
}

/**
 * Runs the sample of this repository with a scripted model, and talks with it: text, tools, calls of a gateway, one of which a
 * policy denies, questions, one of which is answered with no, and an error.
 *
 * @throws PreviewError when the talk does not go as written
 */
export async function holdExampleTalk({ directory, state, say }: ExampleTalkOptions): Promise<ExampleTalk> {
  rmSync(state, { recursive: true, force: true });
  const model = new ExampleModel();
  const bedrock = await serve(model.script);
  say('starting the sample with a scripted model …');
  const since = Date.now();
  try {
    const run = await startWith(bedrock.url, { directory, state });
    try {
      const session = randomUUID();
      for (const turn of EXAMPLE_TURNS) {
        say(`> ${turn.prompt}`);
        model.play(turn);
        await take(turn, (body) => send(run.url, session, body));
      }
    } finally {
      await run.stop();
    }
  } finally {
    bedrock.close();
  }
  return { assembly: join(state, 'cdk.out'), logs: join(state, 'logs'), since };
}

/** Starts a local run for which Amazon Bedrock is at `url`; it reads that once. */
async function startWith(
  url: string,
  folders: { readonly directory: string; readonly state: string },
): Promise<LocalRun> {
  const values: Readonly<Record<string, string | undefined>> = {
    ...MODEL_CREDENTIALS,
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
  };
  const before = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]));
  setVariables(values);
  try {
    return await startLocalRun({ ...folders, port: 0, region: 'us-east-1', model: 'bedrock', log: () => undefined });
  } finally {
    setVariables(before);
  }
}

function setVariables(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
}

/** Says what the person says, and answers what is asked. */
async function take(turn: ExampleTurn, ask: (body: object) => Promise<InvocationReply>): Promise<void> {
  const { prompt, approved = true, refused = false } = turn;
  let reply = await ask({ prompt });
  while (reply.status === 'interrupted') {
    await delay(THINKING);
    const resume = (reply.interrupts ?? []).map(({ id }) => ({
      interruptId: id,
      status: 'resolved',
      payload: { approved },
    }));
    reply = await ask({ resume });
  }
  const expected = refused ? 'error' : 'success';
  if (reply.status !== expected) {
    throw new PreviewError(
      `the example expects "${prompt}" to end with ${expected}, and it ended with ${reply.status}: ${reply.error?.message ?? reply.response}; the agent's log has more`,
    );
  }
}

async function send(url: string, session: string, body: object): Promise<InvocationReply> {
  const reply = await fetch(`${url}/invocations`, {
    method: 'POST',
    headers: { [SESSION_HEADER]: session },
    body: JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new PreviewError(`the sample refused a request with ${String(reply.status)}: ${text}`);
  return JSON.parse(text) as InvocationReply;
}

/** A scripted Amazon Bedrock on a free port of this machine. */
async function serve(script: ModelScript): Promise<{ readonly url: string; close(): void }> {
  const bedrock = createScriptedBedrock(script);
  const server = createServer((req, res) => {
    buffer(req)
      .then((body) => bedrock.handle(req, res, body))
      .catch(() => res.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
