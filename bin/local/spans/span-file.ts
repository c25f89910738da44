import { appendFileSync, rmSync } from 'node:fs';

/**
 * The spans of one run: a file of OTLP requests in JSON, one a line, as the file exporter and receiver of OpenTelemetry's
 * collector write and read them.
 */
export class SpanFile {
  private isBegun = false;

  /** @param log is told of the file when there is something in it */
  constructor(
    private readonly path: string,
    private readonly log: (line: string) => void,
  ) {}

  public append(request: object): void {
    if (!this.isBegun) {
      this.isBegun = true;
      rmSync(this.path, { force: true });
      this.log(`spans of the agents are kept in ${this.path}`);
    }
    appendFileSync(this.path, `${JSON.stringify(request)}\n`, { mode: 0o600 });
  }
}
