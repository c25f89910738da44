import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { serveS3, sendS3Fault } from '../../bin/local/s3/serve-s3';
import { S3Store } from '../../bin/local/s3/store';
import { RequestFault } from '../../bin/local/http-messages';

/** The local run's S3 in a process of its own, which lets every request wait and counts them. */
const [directory = '', bucket = '', delayMs = '0'] = process.argv.slice(2);

const store = new S3Store(directory);
store.ensureBucket(bucket);
const gate = { require: () => undefined, allows: () => true };
let counted = { reads: 0, writes: 0, received: 0, sent: 0 };

const server = createServer((req, res) => {
  const isRead = (req.method === 'GET' || req.method === 'HEAD') && !/[?&](list-type|prefix)=/.test(req.url ?? '');
  counted[isRead ? 'reads' : 'writes'] += 1;
  counted.received += Number(req.headers['x-amz-decoded-content-length'] ?? req.headers['content-length'] ?? 0);
  res.on('finish', () => (counted.sent += Number(res.getHeader('content-length') ?? 0)));
  delay(Number(delayMs))
    .then(() => serveS3({ store, gate, region: 'us-east-1' }, req, res))
    .catch((error: unknown) => {
      const fault = error instanceof RequestFault ? error : new RequestFault(500, 'InternalError', String(error));
      if (res.headersSent) res.destroy();
      else sendS3Fault(req, res, fault);
    });
});
server.keepAliveTimeout = 60_000;

process.on('message', () => {
  process.send?.(counted);
  counted = { reads: 0, writes: 0, received: 0, sent: 0 };
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
