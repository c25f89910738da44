import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RequestFault } from '../../bin/local/http-messages';
import { S3Store } from '../../bin/local/s3/store';
import { sendS3Fault, serveS3 } from '../../bin/local/s3/serve-s3';

export interface LocalS3 {
  /** Address to give to clients as the endpoint; an IP address, so that they put the bucket into the path. */
  readonly url: string;
  readonly store: S3Store;
  close(): Promise<void>;
}

/**
 * Starts S3 on a free port of 127.0.0.1, without users: whoever reaches it may do everything, and signatures are not
 * looked at. Buckets are made with CreateBucket and stay in `directory`.
 *
 * @param directory made when it is missing; one server at a time may use it
 */
export async function startLocalS3({ directory }: { readonly directory: string }): Promise<LocalS3> {
  const store = new S3Store(directory);
  const gate = { require: () => undefined, allows: () => true };
  const server = createServer((req, res) => {
    res.on('error', () => undefined);
    serveS3({ store, gate, region: 'us-east-1' }, req, res).catch((error: unknown) => {
      if (res.headersSent || res.destroyed) res.destroy();
      else sendS3Fault(req, res, faultOf(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    store,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function faultOf(error: unknown): RequestFault {
  if (error instanceof RequestFault) return error;
  return new RequestFault(500, 'InternalError', error instanceof Error ? error.message : String(error));
}
