import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Audit } from '../../../bin/local/audit';
import type { Principal } from '../../../bin/local/credentials';
import { serveCodeInterpreter } from '../../../bin/local/endpoints/code-interpreter';
import { RequestFault, sendAwsFault } from '../../../bin/local/http-messages';
import { Interpreters } from '../../../bin/local/interpreter/interpreters';
import { type Reaper, startReaper } from '../../../bin/local/reaper';
import { MANAGED_INTERPRETER } from '../../../bin/local/resources/code-interpreter';

const REGION = 'eu-west-1';

/** What `grantUse` of the construct gives. */
const PRINCIPAL: Principal = {
  ...{ arn: 'arn:aws:sts::111122223333:assumed-role/agent/session', partition: 'aws', account: '111122223333' },
  policies: {
    identityPolicies: [
      {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['Start', 'Invoke', 'Stop', 'Get', 'List'].map((verb) => {
              const rest = { Invoke: '', List: 'Sessions' }[verb] ?? 'Session';
              return `bedrock-agentcore:${verb}CodeInterpreter${rest}`;
            }),
            Resource: `arn:aws:bedrock-agentcore:${REGION}:aws:code-interpreter/${MANAGED_INTERPRETER}`,
          },
        ],
      },
    ],
  },
};

/** The interpreter of the local run, which really runs code, without the rest of the run. */
export class LocalInterpreter {
  readonly #reaper: Reaper = startReaper();
  readonly #interpreters = new Interpreters({ reaper: this.#reaper, allowUnsandboxed: false });
  readonly #server = createServer((req, res) => {
    const service = { interpreters: this.#interpreters, codeInterpreters: [], audit: new Audit() };
    buffer(req)
      .then((body) => {
        if (req.url?.endsWith('/tools/invoke')) this.invocations += 1;
        const request = { method: req.method ?? '', url: req.url ?? '', headers: req.headers, body };
        return serveCodeInterpreter(service, PRINCIPAL, REGION, request, res, 'a-request');
      })
      .catch((error: unknown) => {
        if (error instanceof RequestFault) sendAwsFault(res, error, 'a-request');
        else res.destroy(error instanceof Error ? error : undefined);
      });
  });

  /** How many calls have come. */
  invocations = 0;

  static async start(): Promise<LocalInterpreter> {
    const interpreter = new LocalInterpreter();
    interpreter.#server.listen(0, '127.0.0.1');
    await once(interpreter.#server, 'listening');
    return interpreter;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Status of every session that there was. */
  get sessions(): readonly string[] {
    return this.#interpreters.list(MANAGED_INTERPRETER).map(({ status }) => status);
  }

  /** Ends all sandboxes, as their time limit does. */
  async endSessions(): Promise<void> {
    await this.#interpreters.stopAll();
  }

  async close(): Promise<void> {
    await this.endSessions();
    this.#reaper.close();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
