import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startLocalS3 } from '../../support/local-s3';

const BUCKET = 'sessions';
const USER_ROLE = 'arn:aws:iam::000000000000:role/user';

/** A bucket for the sessions of agents: the local S3 behind a front that speaks STS too and can fail. */
export interface SessionBucket {
  /** Of an agent that keeps its sessions here. */
  readonly environment: Record<string, string>;
  /** Decides before each request to S3; what it throws ends the connection, what it waits for is waited for. */
  before: (method: string, key: string) => void | Promise<void>;
  /** `<method> <key>` of everything that was asked of S3. */
  readonly requests: readonly string[];
  /** The users whose credentials were asked for. */
  readonly users: readonly string[];
  close(): Promise<void>;
}

export async function startSessionBucket(): Promise<SessionBucket> {
  const directory = mkdtempSync(join(tmpdir(), 'session-bucket-'));
  const s3 = await startLocalS3({ directory });
  await fetch(`${s3.url}/${BUCKET}`, { method: 'PUT' });
  const requests: string[] = [];
  const users: string[] = [];
  const server = createServer((req, res) => {
    serve(req, res).catch(() => req.socket.destroy());
  });
  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = req;
    if (method === 'POST' && url === '/') {
      const form = new URLSearchParams(await text(req));
      users.push(form.get('Tags.member.1.Value') ?? '');
      res.end(CREDENTIALS);
      return;
    }
    const key = decodeURIComponent(url.split('?')[0] ?? '').slice(BUCKET.length + 2);
    requests.push(`${method} ${key}`);
    await bucket.before(method, key);
    const onward = request(`${s3.url}${url}`, { method, headers: req.headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bucket: SessionBucket = {
    environment: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
      AGENT_WORKSPACE_BUCKET: BUCKET,
      AGENT_USER_ROLE_ARN: USER_ROLE,
    },
    before: () => undefined,
    requests,
    users,
    async close() {
      server.close();
      server.closeAllConnections();
      await s3.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return bucket;
}

const CREDENTIALS = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>example</SecretAccessKey><SessionToken>example</SessionToken>
<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
