/**
 * Preloaded into the servers of a soak: on SIGUSR2 collects the garbage and writes what is left to the file that
 * `SOAK_FIGURES` names. Without the collection, memory would go up and down by chance.
 */
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
const path = process.env.SOAK_FIGURES ?? '';

process.on('SIGUSR2', () => {
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const figures = {
    fileDescriptors: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().length,
    heapBytes: heapUsed + external,
    rssBytes: rss,
  };
  writeFileSync(`${path}.new`, JSON.stringify(figures));
  renameSync(`${path}.new`, path);
});
