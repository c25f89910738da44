import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { samplesOfEmf } from '../../../lib/testing';
import { MetricTable, type MetricSummary } from './metric-table';
import { sessionLogs } from './session-logs';

/** How much of a log is held in memory at a time, in bytes; a longer line is left out. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/** The metrics in the logs of the agents, from the start of this run on. */
export class AgentMetricLog {
  private readonly table = new MetricTable();
  /** How far each file was read, in bytes. */
  private readonly read = new Map<string, number>();

  /** @param directory of the logs; made with the first session */
  constructor(private readonly directory: string) {
    for (const file of sessionLogs(this.directory)) this.read.set(file, statSync(file).size);
  }

  /** What the agents have written until now, by metric and dimension set. */
  public summaries(): MetricSummary[] {
    for (const file of sessionLogs(this.directory)) this.readOn(file);
    return this.table.summaries();
  }

  private readOn(file: string): void {
    const log = openSync(file, 'r');
    try {
      const buffer = Buffer.alloc(CHUNK_BYTES);
      for (;;) {
        const from = this.read.get(file) ?? 0;
        const chunk = buffer.subarray(0, readSync(log, buffer, 0, CHUNK_BYTES, from));
        const end = chunk.lastIndexOf('\n') + 1;
        // The rest of a line that is being written comes with the next look.
        if (end === 0 && chunk.length < CHUNK_BYTES) return;
        const lines = chunk.subarray(0, end).toString().split('\n');
        this.table.add(samplesOfEmf(lines.filter((line) => line.includes('"_aws"'))));
        this.read.set(file, from + (end === 0 ? chunk.length : end));
      }
    } finally {
      closeSync(log);
    }
  }
}
