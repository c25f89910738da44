// An agent of a few lines: it does what the request asks for, so that tests can see how it is started and stopped.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers';
import { WebSocketServer } from 'ws';

let status = 'Healthy';
let turns = 0;

if (process.env.FAKE_START === 'fail') {
  console.error('the fake agent lacks what it needs');
  process.exit(3);
}
if (process.env.FAKE_SIGTERM === 'ignore') process.on('SIGTERM', () => undefined);

const actions = {
  report: (res, request, headers) => {
    turns += 1;
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ pid: process.pid, turns, headers, env: process.env, cwd: process.cwd() }));
  },
  fail: (res, { status: code, message = 'asked to fail' }) => {
    res.writeHead(code, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ error: { code: 'FAKE', message } }));
  },
  health: (res, request) => {
    status = request.status;
    res.end('{}');
  },
  child: (res) => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    res.end(JSON.stringify({ pid: process.pid, child: child.pid }));
  },
  die: () => {
    process.exit(7);
  },
  half: (res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('data: first\n\n', () => setTimeout(() => process.exit(7), 50));
  },
  hold: () => undefined,
};

const server = createServer(async (req, res) => {
  if (req.url === '/ping') {
    res.end(JSON.stringify({ status }));
    return;
  }
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  const request = JSON.parse(Buffer.concat(chunks).toString() || '{}');
  actions[request.do ?? 'report'](res, request, req.headers);
});

const frames = {
  echo: (socket, { text }) => socket.send(JSON.stringify({ echo: text })),
  binary: (socket) => socket.send(Buffer.from([1, 2, 3])),
  large: (socket, { bytes }) => socket.send('x'.repeat(bytes)),
  close: (socket) => socket.close(4001, 'as asked'),
  die: () => process.exit(7),
};

const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', (req, socket, head) => {
  if (req.headers['x-amzn-bedrock-agentcore-runtime-custom-tenant'] === 'refused') {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\nConnection: close\r\n\r\nnot you!');
    return;
  }
  // The first frame comes together with the answer to the upgrade, as it may on a fast machine.
  socket.cork();
  sockets.handleUpgrade(req, socket, head, (client) => {
    client.send(JSON.stringify({ pid: process.pid, path: req.url, headers: req.headers }));
    client.on('message', (data) => {
      const request = JSON.parse(String(data));
      frames[request.do](client, request);
    });
  });
  socket.uncork();
});
if (process.env.FAKE_START === 'silent') server.listen(0, process.env.HOST);
else server.listen(Number(process.env.PORT), process.env.HOST);
